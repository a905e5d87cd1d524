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
	"syscall"
	"testing"
	"time"

	"github.com/identikit/identikit/internal/mysqltest"
)

// swallower is a TCP proxy to a database. While it is on, a connection on which
// COMMIT is sent hears nothing more, and what it sends goes nowhere.
type swallower struct {
	listener net.Listener
	target   string
	network  string

	mu    sync.Mutex
	left  int // connections still to be swallowed
	taken int
}

// newSwallower returns a proxy and the URL of the database behind it.
func newSwallower(t *testing.T, db *mysqltest.DB) (*swallower, string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(db.URL())
	if err != nil {
		t.Fatal(err)
	}
	s := &swallower{listener: listener, network: "tcp", target: u.Host}
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

func (s *swallower) serve() {
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
		go func() {
			io.Copy(client, server) //nolint:errcheck // either end may close
			client.Close()
		}()
		go s.forward(client, server)
	}
}

// forward keeps both connections open after a COMMIT that it swallows: the server
// goes on to hold the locks of the transaction.
func (s *swallower) forward(client, server net.Conn) {
	defer server.Close()
	buffer := make([]byte, 1<<16)
	for {
		n, err := client.Read(buffer)
		if err != nil {
			client.Close()
			return
		}
		if bytes.Contains(buffer[:n], []byte("\x03COMMIT")) && s.take() {
			io.Copy(io.Discard, client) //nolint:errcheck // likewise
			return
		}
		if _, err := server.Write(buffer[:n]); err != nil {
			return
		}
	}
}

func (s *swallower) take() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left == 0 {
		return false
	}
	s.left--
	s.taken++
	return true
}

// swallow makes the next n COMMITs vanish.
func (s *swallower) swallow(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left, s.taken = n, 0
}

func (s *swallower) swallowed() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.taken
}

// Catches a COMMIT without an answer that keeps its caller waiting after the
// deadline, that stops other requests, or that keeps the service from stopping.
func TestSwallowedCommit(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	proxy, through := newSwallower(t, db)
	// The time of a request is generous: what takes as long as that is a hang.
	p := serve(t, "DATABASE_URL="+through, "REQUEST_TIMEOUT=8s", "SHUTDOWN_TIMEOUT=12s")
	p.mustIdentify(t, pair(1))
	const lost = 2 // as many as there are lanes
	proxy.swallow(lost)
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
		eventually(t, "the COMMIT is swallowed", func() error {
			if proxy.swallowed() <= i {
				return errors.New("not yet")
			}
			return nil
		})
	}
	for i := range 20 {
		p.mustIdentify(t, pair(100+i))
	}
	select {
	case got := <-answers:
		t.Fatalf("a caller whose COMMIT is lost got %s before its time was over, so that this test tests nothing", got)
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
	if took := time.Since(began); took > 12*time.Second {
		t.Errorf("it took %s to stop", took)
	}
	if strings.Contains(p.stderr.String(), "cut off") {
		t.Error("requests were cut off")
	}
}
