package main

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/identikit/identikit/internal/mysqltest"
)

// commitDropper is a TCP proxy to a database that attacks connections when they send a COMMIT.
type commitDropper struct {
	listener net.Listener
	target   string
	network  string

	mu    sync.Mutex
	left  int // connections still to be attacked
	taken int
	how   attack
	asked []string // what was sent to the server
}

// attack is what happens to a COMMIT and to what follows it on its connection.
type attack int

const (
	dropCommit attack = iota // it does not arrive, and the connection stays open
	cutAnswer                // it arrives, and the connection is closed instead of the answer
	holdAnswer               // it arrives, and the answer does not
)

// newCommitDropper returns a proxy and the URL of the database behind it.
func newCommitDropper(t *testing.T, db *mysqltest.DB) (*commitDropper, string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(db.URL())
	if err != nil {
		t.Fatal(err)
	}
	s := &commitDropper{listener: listener, network: "tcp", target: u.Host}
	query := u.Query()
	if socket := query.Get("socket"); socket != "" {
		s.network, s.target = "unix", socket
		query.Del("socket")
	}
	u.Host, u.RawQuery = listener.Addr().String(), query.Encode()
	t.Cleanup(func() { listener.Close() })
	go s.serve()
	return s, u.String()
}

func (s *commitDropper) serve() {
	for {
		client, err := s.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial(s.network, s.target)
		if err != nil {
			client.Close()
			continue
		}
		answers := &answerGate{client: client}
		go func() {
			io.Copy(answers, server) //nolint:errcheck // either end may close
			client.Close()
		}()
		go s.forward(client, server, answers)
	}
}

// answerGate passes on the answers of a server, until it is closed: then it discards them or, to cut, fails.
type answerGate struct {
	client      net.Conn
	closed, cut atomic.Bool
}

func (g *answerGate) Write(answer []byte) (int, error) {
	if !g.closed.Load() {
		return g.client.Write(answer)
	}
	if g.cut.Load() {
		return 0, io.ErrClosedPipe
	}
	return len(answer), nil
}

// forward keeps both connections open after a discarded COMMIT, so the server keeps the locks of
// the transaction.
func (s *commitDropper) forward(client, server net.Conn, answers *answerGate) {
	defer server.Close()
	buffer := make([]byte, 1<<16)
	for {
		n, err := client.Read(buffer)
		if err != nil {
			client.Close()
			return
		}
		s.note(string(buffer[:n]))
		if bytes.Contains(buffer[:n], []byte("\x03COMMIT")) {
			switch how, ok := s.take(); {
			case ok && how == dropCommit:
				io.Copy(io.Discard, client) //nolint:errcheck // as above
				return
			case ok:
				answers.cut.Store(how == cutAnswer)
				answers.closed.Store(true)
			}
		}
		if _, err := server.Write(buffer[:n]); err != nil {
			return
		}
	}
}

func (s *commitDropper) take() (attack, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left == 0 {
		return 0, false
	}
	s.left--
	s.taken++
	return s.how, true
}

// drop attacks the next n COMMITs, cut and hold one.
func (s *commitDropper) drop(n int) { s.attack(n, dropCommit) }
func (s *commitDropper) cut()       { s.attack(1, cutAnswer) }
func (s *commitDropper) hold()      { s.attack(1, holdAnswer) }

func (s *commitDropper) attack(n int, how attack) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left, s.taken, s.how = n, 0, how
}

func (s *commitDropper) note(sent string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, sent)
}

// requests returns what was sent to the server since it was called last.
func (s *commitDropper) requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	asked := s.asked
	s.asked = nil
	return asked
}

func (s *commitDropper) dropped() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.taken
}

// Fails when a COMMIT without an answer keeps its caller waiting after the deadline, blocks other
// requests, or keeps the service from stopping.
func TestLostCommit(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	proxy, through := newCommitDropper(t, db)
	// The timeout is long: the requests of others are answered within it on a busy machine too.
	p := serve(t, "DATABASE_URL="+through, "REQUEST_TIMEOUT=20s", "SHUTDOWN_TIMEOUT=24s")
	p.mustIdentify(t, pair(1))
	const lost = 2 // one for each lane
	proxy.drop(lost)
	answers := make(chan string, lost)
	for i := range lost {
		go func() {
			r, err := p.identify(pair(10 + i))
			if err != nil {
				answers <- err.Error()
				return
			}
			answers <- http.StatusText(r.status)
		}()
		eventually(t, "the COMMIT is discarded", func() error {
			if proxy.dropped() <= i {
				return errors.New("not yet")
			}
			return nil
		})
	}
	for i := range 6 {
		p.mustIdentify(t, pair(100+i))
	}
	select {
	case got := <-answers:
		t.Fatalf("a caller whose COMMIT is lost got %s before its deadline: the test is void", got)
	default:
	}
	p.signal(t, syscall.SIGTERM)
	began := time.Now()
	for range lost {
		if got := <-answers; got != http.StatusText(http.StatusServiceUnavailable) {
			t.Errorf("a caller whose COMMIT is lost got %s", got)
		}
	}
	if code := p.wait(t); code != exitOK {
		t.Errorf("ended with code %d", code)
	}
	if took := time.Since(began); took > 24*time.Second {
		t.Errorf("it took %s to stop", took)
	}
	if strings.Contains(p.stderr.String(), "cut off") {
		t.Error("requests were cut off")
	}
}
