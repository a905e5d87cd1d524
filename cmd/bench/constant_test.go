package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/identity"
)

// Fails if the process that the service is compared with answers other bytes than the service does,
// apart from the date, or only the first request.
func TestConstantAnswersTheSameBytes(t *testing.T) {
	t.Parallel()
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Request-Id", "2KZ7RWGX4MJ5VQ3N6TYHBDSALF")
		fmt.Fprintln(w, `{"contact":{"emails":["ann@example.com"]}}`)
	}))
	t.Cleanup(service.Close)
	asked := identity.Observation{Email: "ann@example.com", Phone: "+4915000000000"}
	address := service.Listener.Addr().String()
	a, err := record(t.Context(), address, asked)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{progress: t.Output()}
	constant, err := b.serveConstant(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { // not in t.Cleanup: t.Context is canceled before
		if err := constant.stop(); err != nil {
			t.Errorf("stop: %v", err)
		}
	}()
	want := rawAnswer(t, address)
	for range 2 {
		if diff := cmp.Diff(want, rawAnswer(t, constant.address)); diff != "" {
			t.Errorf("the answers differ (-service +constant):\n%s", diff)
		}
	}
	connected, disconnect, err := clients(t.Context(), constant.address, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer disconnect()
	for range 3 { // on one connection
		if err := connected[0].identify(asked); err != nil {
			t.Error(err)
		}
	}
}

// rawAnswer returns all bytes that a server answers a request with, with the date removed.
func rawAnswer(t *testing.T, address string) string {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "POST /identify HTTP/1.1\r\nHost: identikit\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}")
	answer, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile(`Date: [^\r]*`).ReplaceAllString(string(answer), "Date")
}
