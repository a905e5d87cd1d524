package api_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/api"
	"github.com/identikit/identikit/internal/feed"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker/linkertest"
)

// memoryFeed is a feed in memory. Its events up to trimmed were deleted.
type memoryFeed struct {
	mu      sync.Mutex
	events  []feed.Event
	trimmed uint64
	err     error
}

func (f *memoryFeed) Read(ctx context.Context, after uint64, limit int) ([]feed.Event, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case ctx.Err() != nil:
		return nil, &identity.Error{Code: identity.CodeUnavailable, Detail: "Given up.", Err: ctx.Err()}
	case f.err != nil:
		return nil, f.err
	case after < f.trimmed:
		return nil, &identity.Error{Code: identity.CodeEventsExpired, Detail: "The oldest cursor left is 2."}
	}
	left := f.events[after:]
	return left[:min(limit, len(left))], nil
}

func (f *memoryFeed) Oldest(context.Context) (uint64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.trimmed, f.err
}

// add appends one event for each contact.
func (f *memoryFeed) add(contacts ...uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, id := range contacts {
		f.events = append(f.events, feed.Event{
			Number: uint64(len(f.events)) + 1, Kind: "created", ContactID: id, PrimaryID: id,
			At: time.Date(2026, 11, 23, 4, 5, 6, 7000, time.UTC),
		})
	}
}

// feedOptions returns complete options and a feed with one event for each contact.
func feedOptions(t *testing.T, contacts ...uint64) (api.Options, *memoryFeed) {
	t.Helper()
	f := &memoryFeed{}
	f.add(contacts...)
	o, _ := options(t, linkertest.NewReference(1))
	o.Feed = f
	return o, f
}

func fetch(h http.Handler, path string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return do(h, r)
}

// Fails when the answer changes by a byte, when a page does not have the next cursor, or when a
// request for JSON is streamed.
func TestEvents(t *testing.T) {
	t.Parallel()
	o, f := feedOptions(t, 11, 12)
	f.events[1].Kind, f.events[1].PrimaryID, f.events[1].ObservationID = "merged", 11, 7
	h := api.NewChecked(t, o)
	const (
		first  = `{"cursor":1,"kind":"created","contactId":11,"primaryContactId":11,"at":"2026-11-23T04:05:06.000007Z"}`
		second = `{"cursor":2,"kind":"merged","contactId":12,"primaryContactId":11,"observationId":7,"at":"2026-11-23T04:05:06.000007Z"}`
	)
	for path, want := range map[string]string{
		"/events":                 `{"events":[` + first + `,` + second + `],"next":2}`,
		"/events?limit=1":         `{"events":[` + first + `],"next":1}`,
		"/events?after=1&limit=1": `{"events":[` + second + `],"next":2}`,
		"/events?after=2":         `{"events":[],"next":2}`,
	} {
		w := fetch(h, path, "Last-Event-ID", "9", "Accept", "application/json, text/plain;q=x")
		if diff := cmp.Diff(want+"\n", w.Body.String()); diff != "" || w.Code != http.StatusOK || w.Header().Get("Vary") != "Accept" {
			t.Errorf("%s: got %d, Vary %q (-want +got):\n%s", path, w.Code, w.Header().Get("Vary"), diff)
		}
	}
	r := httptest.NewRequest(http.MethodHead, "/events", nil)
	r.Header.Set("Accept", "text/event-stream")
	if w := do(h, r); w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/json" {
		t.Errorf("HEAD: got %d %q", w.Code, w.Header().Get("Content-Type"))
	}
}

// Fails when a malformed parameter is accepted, or when the detail does not say what is right, in
// JSON or as a stream.
func TestEventsRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		path, last string
		status     int
		part       string
	}{
		{"/events?after=x", "", 400, "after must be a cursor"},
		{"/events?after=-1", "", 400, "after must be a cursor"},
		{"/events?after=18446744073709551616", "", 400, "after must be a cursor"},
		{"/events?limit=0", "", 400, "limit must be a whole number from 1 to 1000."},
		{"/events?limit=1001", "", 400, "limit must be a whole number from 1 to 1000."},
		{"/events?limit=ten", "", 400, "limit must be a whole number from 1 to 1000."},
		{"/events?after=1", "", 410, "The oldest cursor left is 2."},
		{"/events?after=2", "x", 400, "Last-Event-ID must be a cursor"},
		{"/events?after=2", "1", 410, "The oldest cursor left is 2."},
	} {
		o, f := feedOptions(t, 11, 12, 13)
		f.trimmed = 2
		h := api.NewChecked(t, o)
		wantProblem(t, fetch(h, c.path, "Accept", "text/event-stream", "Last-Event-ID", c.last), c.status, "", c.part)
		if c.last == "" {
			wantProblem(t, fetch(h, c.path), c.status, "", c.part)
		}
	}
}

// Fails when a client without a cursor cannot start after events were deleted.
func TestEventsFromTheOldest(t *testing.T) {
	t.Parallel()
	o, f := feedOptions(t, 11, 12, 13)
	f.trimmed = 2
	if w := fetch(api.NewChecked(t, o), "/events"); w.Code != http.StatusOK || !strings.HasPrefix(w.Body.String(), `{"events":[{"cursor":3,`) {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}
