package e2e

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
)

// proxy passes requests on to a service and damages answers.
type proxy struct {
	url string

	mu   sync.Mutex
	seen []exchange
}

// exchange is a request that the service has answered.
type exchange struct {
	method, path, query string
	header              http.Header
	status              int
}

// damage says how many bytes of the nth answer, from 1, the client gets before its connection is cut; negative
// for all of them.
type damage func(n int, e exchange) int

// newProxy starts a proxy in front of a service. The answer of the service is always complete before the client
// gets anything of it, except for a stream.
func newProxy(t *testing.T, service string, d damage) *proxy {
	t.Helper()
	p := &proxy{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := p.pass(w, r, service, d); err != nil {
			panic(http.ErrAbortHandler)
		}
	}))
	t.Cleanup(server.Close)
	p.url = server.URL
	return p
}

func (p *proxy) pass(w http.ResponseWriter, r *http.Request, service string, d damage) error {
	on, err := http.NewRequestWithContext(r.Context(), r.Method, service+r.URL.RequestURI(), r.Body)
	if err != nil {
		return err
	}
	on.Header = r.Header
	answer, err := http.DefaultTransport.RoundTrip(on)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	e := exchange{r.Method, r.URL.Path, r.URL.RawQuery, r.Header, answer.StatusCode}
	p.mu.Lock()
	p.seen = append(p.seen, e)
	left := d(len(p.seen), e)
	p.mu.Unlock()
	maps.Copy(w.Header(), answer.Header)
	if left == 0 {
		if _, err := io.Copy(io.Discard, answer.Body); err != nil {
			return err
		}
		return io.ErrUnexpectedEOF
	}
	w.WriteHeader(answer.StatusCode)
	return copyBytes(w, answer.Body, left)
}

// copyBytes copies as it comes. It fails after left bytes, if that is not negative.
func copyBytes(w http.ResponseWriter, body io.Reader, left int) error {
	buffer := make([]byte, 4096)
	for {
		n, err := body.Read(buffer)
		if left >= 0 && n >= left {
			n, err = left, io.ErrUnexpectedEOF
		}
		left -= n
		if _, failed := w.Write(buffer[:n]); failed != nil {
			return failed
		}
		if failed := http.NewResponseController(w).Flush(); failed != nil {
			return failed
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// exchanges returns those so far.
func (p *proxy) exchanges() []exchange {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.seen)
}

// whole passes all answers on.
func whole(int, exchange) int { return -1 }
