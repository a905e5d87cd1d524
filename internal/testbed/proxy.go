package testbed

import (
	"bytes"
	"context"
	"errors"
	"net"
	"sync"
	"time"
)

// CommitFault is what happens to a COMMIT on its way.
type CommitFault int

// The faults of a COMMIT.
const (
	LoseCommit CommitFault = iota // it does not arrive, and the connection is cut
	LoseAnswer                    // it arrives, and the connection is cut before the answer
	HoldAnswer                    // it arrives, and the answer never does; the connection stays open
)

// Proxy is a TCP proxy in front of a database server, on a port of the loopback interface. Its methods may
// be called concurrently.
type Proxy struct {
	listener         net.Listener
	network, address string // of the server

	mu      sync.Mutex
	changed *sync.Cond // of held
	held    bool
	refuses bool
	closed  bool
	delay   time.Duration
	commits []CommitFault // what happens to the next ones
	open    map[net.Conn]bool
}

// commit is how a client of MySQL sends that statement.
const commit = "\x03COMMIT"

// NewProxy returns a proxy in front of a server, which may be a Unix socket. It must be closed.
func NewProxy(ctx context.Context, network, address string) (*Proxy, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{listener: l, network: network, address: address, open: map[net.Conn]bool{}}
	p.changed = sync.NewCond(&p.mu)
	go p.serve()
	return p, nil
}

// Address returns host and port.
func (p *Proxy) Address() string { return p.listener.Addr().String() }

// Cut closes all connections, in both directions.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.open {
		c.Close() //nolint:errcheck // it may be closed already
	}
}

// Refuse sets whether new connections are closed at once.
func (p *Proxy) Refuse(refuses bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refuses = refuses
}

// Hold sets whether the proxy keeps everything that it receives. When it does not any more, it passes that
// on.
func (p *Proxy) Hold(held bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held = held
	p.changed.Broadcast()
}

// Delay sets how long everything takes, in each direction.
func (p *Proxy) Delay(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.delay = d
}

// Commits says what happens to the next COMMITs, one for each, whatever the connection. It replaces what was
// said before.
func (p *Proxy) Commits(faults ...CommitFault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.commits = faults
}

// Close closes the proxy and its connections.
func (p *Proxy) Close() error {
	p.mu.Lock()
	p.closed, p.held = true, false
	p.changed.Broadcast()
	p.mu.Unlock()
	p.Cut()
	if err := p.listener.Close(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

func (p *Proxy) serve() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		go p.connect(client)
	}
}

// connect passes on what a client and its server say, until one of them closes.
func (p *Proxy) connect(client net.Conn) {
	defer client.Close() //nolint:errcheck // it may be closed already
	if p.isRefused() {
		return
	}
	server, err := new(net.Dialer).DialContext(context.Background(), p.network, p.address)
	if err != nil {
		return
	}
	defer server.Close() //nolint:errcheck // it may be closed already
	if !p.add(client, server) {
		return
	}
	defer p.remove(client, server)
	done := make(chan struct{}, 2)
	quiet := make(chan struct{}) // closed when the answers are lost
	go func() {
		p.requests(client, server, quiet)
		done <- struct{}{}
	}()
	go func() {
		p.answers(client, server, quiet)
		done <- struct{}{}
	}()
	<-done
}

func (p *Proxy) isRefused() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.refuses
}

func (p *Proxy) add(connections ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range connections {
		p.open[c] = true
	}
	return !p.closed
}

func (p *Proxy) remove(connections ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range connections {
		delete(p.open, c)
	}
}

// requests passes on what the client says.
func (p *Proxy) requests(client, server net.Conn, quiet chan struct{}) {
	buffer := make([]byte, 1<<16)
	for {
		n, err := client.Read(buffer)
		if err != nil {
			return
		}
		p.wait()
		fault, faulty := p.nextCommit(buffer[:n])
		if faulty && fault == LoseCommit {
			return
		}
		if faulty {
			close(quiet) // before the server can answer
		}
		if _, err := server.Write(buffer[:n]); err != nil {
			return
		}
		switch {
		case faulty && fault == LoseAnswer:
			client.Close()      //nolint:errcheck // its client sees that
			server.Read(buffer) //nolint:errcheck // the COMMIT was executed, or the server is gone
			return
		case faulty:
			client.Read(buffer) //nolint:errcheck // until the client has had enough
			return
		}
	}
}

// answers passes on what the server says, until that is to be lost.
func (p *Proxy) answers(client, server net.Conn, quiet <-chan struct{}) {
	buffer := make([]byte, 1<<16)
	for {
		n, err := server.Read(buffer)
		select {
		case <-quiet:
			client.Read(buffer) //nolint:errcheck // requests decides how it ends
			return
		default:
		}
		if err != nil {
			return
		}
		p.wait()
		if _, err := client.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// wait waits as long as everything takes.
func (p *Proxy) wait() {
	p.mu.Lock()
	delay := p.delay
	for p.held {
		p.changed.Wait()
	}
	p.mu.Unlock()
	time.Sleep(delay)
}

// nextCommit returns what happens to a COMMIT, if the message is one.
func (p *Proxy) nextCommit(message []byte) (CommitFault, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.commits) == 0 || !bytes.Contains(message, []byte(commit)) {
		return 0, false
	}
	fault := p.commits[0]
	p.commits = p.commits[1:]
	return fault, true
}
