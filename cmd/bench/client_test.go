package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/identikit/identikit/internal/identity"
)

// Fails if the client accepts an error, or the contact of another customer.
func TestClientLooksAtTheAnswer(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.URL.Path != "/identify" || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("got %s %q, error %v", r.URL, body, err)
		}
		switch {
		case strings.Contains(string(body), "refused"):
			w.WriteHeader(http.StatusServiceUnavailable)
			fmt.Fprint(w, "busy")
		case strings.Contains(string(body), "mistaken"):
			fmt.Fprint(w, `{"contact":{"emails":["other@example.com"]}}`)
		default:
			fmt.Fprint(w, string(body))
		}
	}))
	t.Cleanup(server.Close)
	connected, disconnect, err := clients(t.Context(), server.Listener.Addr().String(), 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(disconnect)
	for _, want := range []struct {
		ask identity.Observation
		ok  bool
	}{
		{identity.Observation{Email: "ann@example.com", Phone: "123456"}, true},
		{identity.Observation{Phone: "123456"}, true},
		{identity.Observation{Email: "refused@example.com"}, false},
		{identity.Observation{Email: "mistaken@example.com", Phone: "123456"}, false},
		{identity.Observation{Email: "ann@example.com"}, true}, // the connection still works
	} {
		if err := connected[0].identify(want.ask); (err == nil) != want.ok {
			t.Errorf("%v: %v", want.ask, err)
		}
	}
}
