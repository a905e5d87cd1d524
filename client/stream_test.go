package client

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"
)

func event(cursor int) string {
	return fmt.Sprintf("id: %d\nevent: created\ndata: {\"cursor\":%d,\"kind\":\"created\"}\n\n", cursor, cursor)
}

// sends returns a handler that sends a part of a stream. It then cuts the connection, or is silent.
func sends(text string, silent bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, text)
		http.NewResponseController(w).Flush() //nolint:errcheck // the client sees it
		if silent {
			<-r.Context().Done()
		}
		panic(http.ErrAbortHandler)
	}
}

// Fails when a stream that is cut in the middle of an event, or repeated by a proxy, loses or repeats an event.
func TestStreamIsResumed(t *testing.T) {
	t.Parallel()
	client, got := answering(t, Options{},
		sends(":\n\n"+event(1)+"id: 2\ndata: {\"curs", false),
		status(http.StatusServiceUnavailable, ""), cut,
		sends(event(2)+event(3), false),
		sends(event(2)+event(3)+event(4), false),
		sends("data: {\"cursor\":5,\ndata: \"kind\":\"split\"}\r\n\r\n", true),
	)
	want := uint64(1)
	for e, err := range client.StreamEvents(t.Context(), Oldest) {
		if err != nil || e.Cursor != want {
			t.Fatalf("got %d, %v; want %d", e.Cursor, err, want)
		}
		if want++; want == 6 {
			break
		}
	}
	var resumed []string
	for _, r := range got() {
		resumed = append(resumed, r.Header.Get("Last-Event-ID"))
	}
	if text := fmt.Sprint(resumed); text != "[ 1 1 1 3 4]" {
		t.Errorf("resumed after %s", text)
	}
}

// Fails when a silent stream is waited for forever.
func TestSilentStream(t *testing.T) {
	t.Parallel()
	client, _ := answering(t, Options{}, sends(event(1), true), sends(event(2), true))
	client.silence = 100 * time.Millisecond
	for e, err := range client.StreamEvents(t.Context(), Oldest) {
		if err == nil && e.Cursor == 2 {
			return
		}
	}
	t.Error("no second event")
}

// Fails when a stream that is refused for good is tried again, or when one that stays unavailable does not say so
// or cannot be followed any further.
func TestStreamErrors(t *testing.T) {
	t.Parallel()
	client, got := answering(t, Options{}, status(http.StatusGone, ""))
	for _, err := range client.StreamEvents(t.Context(), 0) {
		var p *Problem
		if !errors.As(err, &p) || p.Status != http.StatusGone {
			t.Errorf("got %v", err)
		}
	}
	if len(got()) != 1 {
		t.Errorf("%d requests", len(got()))
	}
	down := status(http.StatusServiceUnavailable, "")
	client, _ = answering(t, Options{Retries: 1}, down, down, down, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, event(1)) })
	var seen []string
	for e, err := range client.StreamEvents(t.Context(), Oldest) {
		if seen = append(seen, fmt.Sprint(e.Cursor, err != nil)); e.Cursor == 1 {
			break
		}
	}
	if fmt.Sprint(seen) != "[0 true 0 true 1 false]" {
		t.Errorf("got %q", seen)
	}
}
