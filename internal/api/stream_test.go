package api_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/api"
	"github.com/identikit/identikit/internal/identity"
)

// lines is a log that can be read while it is written.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

// await waits until the log has a line and returns the log.
func (l *lines) await(t *testing.T) string {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		l.mu.Lock()
		text := l.text.String()
		l.mu.Unlock()
		if text != "" {
			return text
		}
	}
	t.Fatal("nothing was logged")
	return ""
}

// startStreams serves with deadlines that are shorter than any stream.
func startStreams(t *testing.T, o api.Options) (*httptest.Server, *lines) {
	t.Helper()
	log := &lines{}
	o.Logger, o.Poll = slog.New(slog.NewJSONHandler(log, nil)), 5*time.Millisecond
	server := httptest.NewUnstartedServer(api.NewChecked(t, o))
	server.Config.ReadTimeout, server.Config.WriteTimeout = 100*time.Millisecond, 100*time.Millisecond
	server.Start()
	t.Cleanup(server.Close)
	return server, log
}

// opened is an open stream, seen by its client.
type opened struct {
	*http.Response
	lines *bufio.Scanner
	leave context.CancelFunc
}

// open requests a stream. last is the Last-Event-ID, or "".
func open(t *testing.T, server *httptest.Server, path, last string) *opened {
	t.Helper()
	ctx, leave := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(leave)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "application/json;q=0.5, Text/Event-Stream")
	if last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	answer, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	return &opened{answer, bufio.NewScanner(answer.Body), leave}
}

// next returns the lines of the next event, joined by |, or "the end".
func (o *opened) next() string {
	var event []string
	for o.lines.Scan() {
		switch line := o.lines.Text(); {
		case line == "" && event != nil:
			return strings.Join(event, "|")
		case line != "" && line != ":":
			event = append(event, line)
		}
	}
	if o.lines.Err() != nil {
		return o.lines.Err().Error()
	}
	return "the end"
}

// sent is an event in the format of the stream.
func sent(cursor, contact uint64) string {
	return fmt.Sprintf(`id: %d|event: created|data: {"cursor":%d,"kind":"created","contactId":%d,"primaryContactId":%d,"at":"2026-11-23T04:05:06.000007Z"}`,
		cursor, cursor, contact, contact)
}

func wantEvents(t *testing.T, s *opened, want ...string) {
	t.Helper()
	for _, w := range want {
		if diff := cmp.Diff(w, s.next()); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
	}
}

// Fails when a stream does not start after its cursor, misses events between two pages, is closed
// by a deadline meant for complete answers, or does not resume after the client's last event.
func TestStream(t *testing.T) {
	t.Parallel()
	o, f := feedOptions(t, 11, 12, 13, 14, 15)
	o.RequestTimeout = 50 * time.Millisecond
	server, log := startStreams(t, o)
	s := open(t, server, "/events?after=1&limit=2", "")
	if s.StatusCode != http.StatusOK || s.Header.Get("Content-Type") != "text/event-stream" || s.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("got %d %v", s.StatusCode, s.Header)
	}
	wantEvents(t, s, sent(2, 12), sent(3, 13), sent(4, 14), sent(5, 15))
	time.Sleep(300 * time.Millisecond) // longer than every deadline
	f.add(16)
	wantEvents(t, s, sent(6, 16))
	s.leave()
	line := log.await(t)
	if !strings.Contains(line, `"level":"INFO"`) || !strings.Contains(line, `"route":"/events","status":200`) || strings.Count(line, "\n") != 1 {
		t.Errorf("logged %s", line)
	}
	wantEvents(t, open(t, server, "/events?after=1", "4"), sent(5, 15), sent(6, 16))
}

// Fails when a shutdown waits for a stream or breaks its connection instead of ending it, or when a
// new stream continues.
func TestStreamsEndWhenTheServiceStops(t *testing.T) {
	t.Parallel()
	o, _ := feedOptions(t, 11)
	stopping := make(chan struct{})
	o.Stopping = stopping
	server, _ := startStreams(t, o)
	var all []*opened
	for range 3 {
		s := open(t, server, "/events", "")
		wantEvents(t, s, sent(1, 11))
		all = append(all, s)
	}
	began := time.Now()
	close(stopping)
	if err := server.Config.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	for _, s := range all {
		wantEvents(t, s, "the end")
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("it took %s", took)
	}
	fetch(api.NewChecked(t, o), "/events", "Accept", "text/event-stream") // must return
}

// Fails when the number of streams is not limited, or when a stream that ended keeps its slot.
func TestTooManyStreams(t *testing.T) {
	t.Parallel()
	o, _ := feedOptions(t, 11)
	o.MaxStreams = 2
	server, log := startStreams(t, o)
	first, second := open(t, server, "/events", ""), open(t, server, "/events", "")
	third := open(t, server, "/events", "")
	if third.StatusCode != http.StatusServiceUnavailable || third.Header.Get("Retry-After") != "1" {
		t.Errorf("the third: got %d %v", third.StatusCode, third.Header)
	}
	if line := log.await(t); !strings.Contains(line, `"level":"WARN"`) {
		t.Errorf("logged %s", line)
	}
	wantEvents(t, first, sent(1, 11))
	wantEvents(t, second, sent(1, 11))
	second.leave()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if s := open(t, server, "/events", ""); s.StatusCode == http.StatusOK {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("no slot became free")
		}
	}
}

// Fails when a stream without events sends nothing: proxies would close it.
func TestHeartbeat(t *testing.T) {
	t.Parallel()
	o, _ := feedOptions(t)
	o.Heartbeat = 20 * time.Millisecond
	server, _ := startStreams(t, o)
	beats := make([]byte, 4*len(":\n\n"))
	if _, err := io.ReadFull(open(t, server, "/events", "").Body, beats); err != nil || string(beats) != strings.Repeat(":\n\n", 4) {
		t.Errorf("got %q, %v", beats, err)
	}
}

// Fails when a stream continues, or ends without a log line, although events cannot be read.
func TestStreamEndsOnDatabaseError(t *testing.T) {
	t.Parallel()
	o, f := feedOptions(t, 11)
	server, log := startStreams(t, o)
	s := open(t, server, "/events", "")
	wantEvents(t, s, sent(1, 11))
	f.mu.Lock()
	f.err = &identity.Error{Code: identity.CodeUnavailable, Err: errors.New("mysql error 1040")}
	f.mu.Unlock()
	wantEvents(t, s, "the end")
	if line := log.await(t); !strings.Contains(line, `"level":"WARN"`) || !strings.Contains(line, "mysql error 1040") {
		t.Errorf("logged %s", line)
	}
}

// Fails when a client that does not read holds its stream indefinitely.
func TestStreamClientDoesNotRead(t *testing.T) {
	t.Parallel()
	o, f := feedOptions(t)
	o.RequestTimeout = 2 * time.Second
	f.add(make([]uint64, 200_000)...) // more than the socket buffers hold
	server, log := startStreams(t, o)
	open(t, server, "/events?limit=1000", "")
	if line := log.await(t); !strings.Contains(line, `"level":"INFO"`) || !strings.Contains(line, `"status":200`) {
		t.Errorf("logged %s", line)
	}
}
