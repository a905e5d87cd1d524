package main

import (
	"bufio"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/identikit/identikit/internal/mysqltest"
)

// events opens a stream of p after the given event id and returns its lines.
func (p *program) events(t *testing.T, last string) *bufio.Scanner {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, p.url+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "text/event-stream")
	if last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	answer, err := client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("got %s", answer.Status)
	}
	return bufio.NewScanner(answer.Body)
}

// nextData returns the data of the next event, or "the end".
func nextData(s *bufio.Scanner) string {
	for s.Scan() {
		if data, found := strings.CutPrefix(s.Text(), "data: "); found {
			return data
		}
	}
	if s.Err() != nil {
		return s.Err().Error()
	}
	return "the end"
}

// Fails when a reader on another process misses events, when a stream does not resume where it
// ended, or when it delays a deployment.
func TestEvents(t *testing.T) {
	t.Parallel()
	url := databaseURL(mysqltest.NewDB(t))
	writing, reading := serve(t, url), serve(t, url, "REQUEST_TIMEOUT=100ms")
	stream := reading.events(t, "")
	first := id(t, writing.mustIdentify(t, pair(1)))
	wantData := func(s *bufio.Scanner, cursor int, kind string) {
		t.Helper()
		want := fmt.Sprintf(`{"cursor":%d,"kind":%q,"contactId":`, cursor, kind)
		if got := nextData(s); !strings.HasPrefix(got, want) || !strings.Contains(got, fmt.Sprintf(`"primaryContactId":%d,`, first)) {
			t.Fatalf("got %s, want %s…", got, want)
		}
	}
	wantData(stream, 1, "created")
	time.Sleep(300 * time.Millisecond) // longer than REQUEST_TIMEOUT
	writing.mustIdentify(t, fmt.Sprintf(`{"email":%q,"phoneNumber":%q}`, email(2), phone(1)))
	wantData(stream, 2, "linked")
	wantData(reading.events(t, "1"), 2, "linked")
	if status, body := reading.get(t, "/events?after=1"); status != http.StatusOK || !strings.HasSuffix(body, `Z"}],"next":2}`+"\n") {
		t.Errorf("got %d %s", status, body)
	}

	began := time.Now()
	reading.stop(t)
	if got := nextData(stream); got != "the end" {
		t.Errorf("the stream ended with %s", got)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("the stop took %s", took)
	}
}

// Fails when the retention is ignored or delays a stop, or when a reader is not told that it missed
// events.
func TestEventsRetention(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	p := serve(t, databaseURL(db))
	p.mustIdentify(t, pair(1))
	if _, err := db.Pool.ExecContext(t.Context(), "UPDATE change_sets SET created_at = created_at - INTERVAL 3 HOUR"); err != nil {
		t.Fatal(err)
	}
	p.mustIdentify(t, pair(2))
	p.stop(t)

	p = serve(t, databaseURL(db), "EVENTS_RETENTION=2h")
	eventually(t, "the old event is deleted", func() error {
		if status, body := p.get(t, "/events?after=0"); status != http.StatusGone || !strings.Contains(body, "The oldest cursor left is 1;") {
			return fmt.Errorf("got %d %s", status, body)
		}
		return nil
	})
	if status, body := p.get(t, "/events"); status != http.StatusOK || !strings.HasPrefix(body, `{"events":[{"cursor":2,`) {
		t.Errorf("got %d %s", status, body)
	}
	p.stop(t)
}
