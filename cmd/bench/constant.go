package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"

	"github.com/identikit/identikit/internal/identity"
)

// constantCommand is the argument by which this program serves a constant answer instead of
// measuring.
const constantCommand = "constant"

// constantAnnouncement is what it writes when it serves.
const constantAnnouncement = "constant answer served on port %d"

// answer is an answer of the service. It answers every request.
type answer struct {
	Header http.Header
	Body   []byte
}

// answering is the service without its work: another process whose net/http answers every request
// with what the service answers about one customer. All requests are about this customer, so that
// the client does the same for both.
func answering(ctx context.Context, b *bench, s *shop, _ source) (side, error) {
	asked := s.people.person(0)
	a, err := record(ctx, s.service.address, asked)
	if err != nil {
		return side{}, err
	}
	process, err := b.serveConstant(ctx, a)
	if err != nil {
		return side{}, err
	}
	s.onClose(process.stop)
	connected, err := s.connect(ctx, process.address)
	if err != nil {
		return side{}, err
	}
	next := func(*rand.Rand) identity.Observation { return asked }
	return side{pid: process.pid(), call: overHTTP(connected, next)}, nil
}

// record returns what the service answers about a customer.
func record(ctx context.Context, address string, o identity.Observation) (answer, error) {
	body := fmt.Sprintf(`{"email":%q,"phoneNumber":%q}`, o.Email, o.Phone)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+address+"/identify", bytes.NewBufferString(body))
	if err != nil {
		return answer{}, err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close() //nolint:errcheck // it was only read
	a := answer{Header: response.Header}
	if a.Body, err = io.ReadAll(response.Body); err != nil {
		return answer{}, err
	}
	if response.StatusCode != http.StatusOK {
		return answer{}, fmt.Errorf("a known customer was answered with status %s: %s", response.Status, a.Body)
	}
	for _, name := range []string{"Date", "Content-Length"} { // net/http writes them
		a.Header.Del(name)
	}
	return a, nil
}

// serveConstant starts this program again as a process that answers with a.
func (b *bench) serveConstant(ctx context.Context, a answer) (*service, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	input, err := json.Marshal(a)
	if err != nil {
		return nil, err
	}
	c := exec.CommandContext(ctx, program, constantCommand)
	c.Stdin, c.Stderr = bytes.NewReader(input), b.progress
	return startService(c, constantAnnouncement)
}

// runConstant reads an answer from stdin, and answers with it until ctx ends.
func runConstant(ctx context.Context, stdin io.Reader, stdout io.Writer) error {
	var a answer
	if err := json.NewDecoder(stdin).Decode(&a); err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		return err
	}
	server := &http.Server{Handler: a, ReadHeaderTimeout: startTime}
	context.AfterFunc(ctx, func() { server.Close() }) //nolint:errcheck // the process ends
	fmt.Fprintf(stdout, "constant answer served on port %s\n", port)
	if err := server.Serve(listener); ctx.Err() == nil {
		return err
	}
	return nil
}

func (a answer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return // the client is gone
	}
	maps.Copy(w.Header(), a.Header)
	w.Write(a.Body) //nolint:errcheck // likewise
}
