package testbed

import (
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// echoServer answers each message with itself, and remembers all that it received.
type echoServer struct {
	listener net.Listener
	mu       sync.Mutex
	received string
}

func newEchoServer(t *testing.T) *echoServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	s := &echoServer{listener: l}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go s.serve(c)
		}
	}()
	return s
}

func (s *echoServer) serve(c net.Conn) {
	defer c.Close()
	buffer := make([]byte, 100)
	for {
		n, err := c.Read(buffer)
		if err != nil {
			return
		}
		s.mu.Lock()
		s.received += string(buffer[:n])
		s.mu.Unlock()
		if _, err := c.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// got reports whether the server receives a text within some time.
func (s *echoServer) got(text string) bool {
	for range 100 {
		s.mu.Lock()
		got := s.received
		s.mu.Unlock()
		if got == text {
			return true
		}
		time.Sleep(10 * time.Millisecond)
	}
	return false
}

// Fails when a message or an answer gets through that should not, or does not that should.
func TestProxy(t *testing.T) {
	t.Parallel()
	const nothing = 300 * time.Millisecond
	for name, c := range map[string]struct {
		prepare func(*Proxy)
		sent    string
		arrives bool
		answer  error // io.EOF for a connection that is cut
	}{
		"nothing is wrong":            {func(*Proxy) {}, commit, true, nil},
		"a COMMIT is lost":            {func(p *Proxy) { p.Commits(LoseCommit) }, commit, false, io.EOF},
		"its answer is lost":          {func(p *Proxy) { p.Commits(LoseAnswer) }, commit, true, io.EOF},
		"its answer is held":          {func(p *Proxy) { p.Commits(HoldAnswer) }, commit, true, errSilence},
		"another statement":           {func(p *Proxy) { p.Commits(LoseCommit) }, "SELECT", true, nil},
		"everything is held":          {func(p *Proxy) { p.Hold(true) }, commit, false, errSilence},
		"everything was held":         {func(p *Proxy) { p.Hold(true); p.Hold(false) }, commit, true, nil},
		"everything takes some time":  {func(p *Proxy) { p.Delay(50 * time.Millisecond) }, commit, true, nil},
		"connections are cut":         {func(p *Proxy) { p.Cut() }, commit, false, io.EOF},
		"connections are not refused": {func(p *Proxy) { p.Refuse(true) }, commit, true, nil}, // this one is open already
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newEchoServer(t)
			p, err := NewProxy(t.Context(), "tcp", s.listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { p.Close() })
			client, err := net.Dial("tcp", p.Address())
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			if err := roundTrip(client, "hello", 20*time.Second); err != nil {
				t.Fatal(err)
			}
			c.prepare(p)
			limit := 20 * time.Second
			if errors.Is(c.answer, errSilence) {
				limit = nothing
			}
			if err := roundTrip(client, c.sent, limit); !errors.Is(err, c.answer) {
				t.Errorf("the answer: %v, want %v", err, c.answer)
			}
			if want := "hello" + c.sent; c.arrives && !s.got(want) || !c.arrives && s.got(want) {
				t.Errorf("the server received %q; arrives: %v", s.received, c.arrives)
			}
		})
	}
}

// errSilence is about a connection that is open and says nothing.
var errSilence = errors.New("nothing is said")

func roundTrip(c net.Conn, text string, limit time.Duration) error {
	if _, err := c.Write([]byte(text)); err != nil {
		return io.EOF
	}
	if err := c.SetReadDeadline(time.Now().Add(limit)); err != nil {
		return err
	}
	buffer := make([]byte, 100)
	_, err := c.Read(buffer)
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return errSilence
	}
	if err != nil {
		return io.EOF
	}
	return nil
}

// Fails when a proxy that refuses connections accepts one.
func TestProxyRefuses(t *testing.T) {
	t.Parallel()
	s := newEchoServer(t)
	p, err := NewProxy(t.Context(), "tcp", s.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for _, refuses := range []bool{true, false} {
		p.Refuse(refuses)
		client, err := net.Dial("tcp", p.Address())
		if err != nil {
			t.Fatal(err)
		}
		if err := roundTrip(client, "hello", 20*time.Second); (err != nil) != refuses {
			t.Errorf("refuses: %v, got %v", refuses, err)
		}
		client.Close()
	}
}
