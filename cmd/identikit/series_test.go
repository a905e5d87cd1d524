package main

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/mysqltest"
)

// names returns the series, sorted, without those of Go and of the process.
func (s series) names() []string {
	var all []string
	for name := range s {
		if strings.HasPrefix(name, "identikit_") {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return all
}

// Fails when clients can make series: each costs memory, here and in Prometheus, and may contain a value.
func TestSeriesAreBounded(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	w := serveWatched(t, databaseURL(db), "AUTH=required", "ADMIN_KEY="+adminKey, "ALLOWED_HOSTS=127.0.0.1", "CORS_ORIGINS=https://shop.example")
	w.accepted(t, adminKey, http.StatusNotFound)
	const warmUp, rounds = 2, 20
	for n := range warmUp {
		w.attack(t, n)
	}
	first := w.metrics(t)
	for n := range rounds {
		w.attack(t, warmUp+n)
	}
	last := w.metrics(t)
	if diff := cmp.Diff(first.names(), last.names()); diff != "" {
		t.Errorf("new series (-first +last):\n%s", diff)
	}
	for name := range last {
		if strings.Contains(name, domain) || strings.Contains(name, prefix) || strings.Contains(name, "made-up") || strings.Contains(name, "idk_") {
			t.Errorf("a part of a request is in %s", name)
		}
	}
}

// attack sends requests that have something different in each part that a client chooses.
func (w watched) attack(t *testing.T, n int) {
	t.Helper()
	word := fmt.Sprintf("made-up-%d-%d", n, rand.N(1_000_000))
	paths := []string{
		"/" + word, "/" + word + "/" + word, "/contacts/" + word, "/contacts/" + word + "/observations", "/contacts/1/" + word, "/contacts/" + email(n),
		"/contacts/" + email(n) + "/" + word, "/identify/" + word, "/identify/batch/" + word, "/events/" + word, "/refusals/1/" + word, "//" + word, "/%2e%2e/" + word,
		"/contacts?email=" + email(n), "/contacts?" + word + "=" + word, "/keys/1/" + word, "/", "/metrics/" + word, "/observations/" + phone(n),
	}
	methods := []string{"GET", "POST", "OPTIONS", "TRACE", "CONNECT", strings.ToUpper(word), "get"}
	for i, path := range paths {
		for _, method := range methods {
			r, err := http.NewRequestWithContext(t.Context(), method, w.url, strings.NewReader(fmt.Sprintf(`{"email":%q}`, email(n))))
			if err != nil {
				t.Fatal(err)
			}
			r.URL.Opaque = path // as it is
			r.Host = []string{"127.0.0.1", word + ".example"}[i%2]
			r.Header.Set("Authorization", "Bearer "+[]string{adminKey, "idk_" + word, word, ""}[i%4])
			r.Header.Set("User-Agent", word)
			r.Header.Set("Origin", "https://"+word)
			r.Header.Set("X-Request-Id", word)
			r.Header.Set("X-Forwarded-For", fmt.Sprintf("192.0.2.%d", n))
			r.Header.Set("Content-Type", "application/"+word)
			if _, err := do(r); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i := range 30 { // more than the limit for one address
		w.as(t, fmt.Sprint("idk_", word, i), "GET", "/contacts/1", "")
	}
	for _, r := range []struct{ method, path, body string }{
		{"POST", "/identify", pair(n)}, {"POST", "/identify", fmt.Sprintf(`{"email":%q}`, word)}, {"POST", "/identify/batch", "[" + pair(1000+n) + "]"},
		{"GET", "/contacts?email=" + email(n), ""}, {"GET", "/contacts/1", ""}, {"GET", "/events", ""}, {"PUT", "/separations", word},
	} {
		w.as(t, adminKey, r.method, r.path, r.body)
	}
}

// Fails when what is read from the database is wrong, when a scrape fails or hangs because of it, or when it
// stays wrong.
func TestStatusIsRead(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	w := serveWatched(t, databaseURL(db))
	shows := func(name string, want float64, there bool) {
		t.Helper()
		eventually(t, fmt.Sprintf("%s is %g", name, want), func() error {
			if got, found := w.metrics(t)[name]; got != want || found != there {
				return fmt.Errorf("it is %g, %t", got, found)
			}
			return nil
		})
	}
	exec := func(statement string) {
		t.Helper()
		if _, err := db.Pool.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	w.mustIdentify(t, pair(1))
	w.mustIdentify(t, pair(2))
	w.mustIdentify(t, fmt.Sprintf(`{"email":%q,"phoneNumber":%q}`, email(1), phone(2)))
	if r, err := send("POST", w.url+"/observations/3/retract", "", ""); err != nil || r.status != http.StatusOK {
		t.Fatal(err, r.body)
	}
	w.mustIdentify(t, fmt.Sprintf(`{"email":%q,"phoneNumber":%q}`, email(1), phone(2)))
	shows("identikit_refusals_open", 1, true)
	m := w.metrics(t)
	if age := m["identikit_events_unnumbered_age_seconds"]; age <= 0 {
		t.Errorf("the oldest event is %g seconds old", age)
	}
	_, events := w.get(t, "/events")
	if got, want := m["identikit_events_unnumbered"], strings.Count(events, `"cursor"`); got != float64(want) || want == 0 {
		t.Errorf("%g events had no number, want %d", got, want)
	}
	shows("identikit_events_unnumbered", 0, true)
	shows("identikit_events_unnumbered_age_seconds", 0, true)

	exec("RENAME TABLE refusals TO hidden")
	shows("identikit_refusals_open", 0, false)
	shows("identikit_ready", 1, true)
	if n := w.metrics(t)["identikit_status_errors_total"]; n < 1 {
		t.Errorf("%g errors", n)
	}
	exec("RENAME TABLE hidden TO refusals")
	shows("identikit_refusals_open", 1, true)

	lock, err := db.Pool.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	if _, err := lock.ExecContext(t.Context(), "LOCK TABLES refusals WRITE"); err != nil {
		t.Fatal(err)
	}
	shows("identikit_refusals_open", 0, false) // although no answer comes
	if _, err := lock.ExecContext(t.Context(), "UNLOCK TABLES"); err != nil {
		t.Fatal(err)
	}
	shows("identikit_refusals_open", 1, true)

	exec("DELETE FROM goose_db_version WHERE version_id > 1")
	shows("identikit_ready", 0, true)
	shows("identikit_schema_version", 1, true)
}

// Fails when a stream is not counted while it is open, or takes part in the times of requests.
func TestStreamsAreCounted(t *testing.T) {
	t.Parallel()
	w := serveWatched(t, databaseURL(mysqltest.NewDB(t)))
	open := func(want float64) {
		t.Helper()
		eventually(t, fmt.Sprintf("%g streams are open", want), func() error {
			if got := w.metrics(t)["identikit_event_streams"]; got != want {
				return fmt.Errorf("%g are", got)
			}
			return nil
		})
	}
	var streams []net.Conn
	for range 2 {
		c, err := net.Dial("tcp", strings.TrimPrefix(w.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		fmt.Fprint(c, "GET /events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n")
		if line, err := bufio.NewReader(c).ReadString('\n'); err != nil || !strings.Contains(line, "200") {
			t.Fatal(line, err)
		}
		streams = append(streams, c)
	}
	open(2)
	for _, c := range streams {
		c.Close()
	}
	open(0)
	if n, found := w.metrics(t)[request("GET", "/events", "2xx")]; found {
		t.Errorf("%g streams are in the times of requests", n)
	}
}

// Fails when requests that wait in the lanes, or for a locked customer, do not show.
func TestWaitingRequestsShow(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	w := serveWatched(t, patient(db), "REQUEST_TIMEOUT=1m")
	first := id(t, w.mustIdentify(t, pair(1)))
	r := newRival(t, db, 0)
	r.exec(t, "SELECT id FROM contacts WHERE id = ? FOR UPDATE", first)
	answered := w.identifyAsync(t)
	eventually(t, "a request waits for its customer", func() error {
		m := w.metrics(t)
		if m["identikit_lanes_requests"] != 1 || m["identikit_lanes_locked_requests"] > 1 {
			return fmt.Errorf("%g in progress, %g locked", m["identikit_lanes_requests"], m["identikit_lanes_locked_requests"])
		}
		if m[`go_sql_in_use_connections{db_name="lanes"}`] < 1 {
			return errors.New("no connection of the lanes is in use")
		}
		return nil
	})
	r.rollBack(t)
	<-answered
	m := w.metrics(t)
	for _, name := range []string{"requests", "locked_requests", `queued_requests{lane="read"}`, `queued_requests{lane="write"}`} {
		if n := m["identikit_lanes_"+name]; n != 0 {
			t.Errorf("%s is %g after the end", name, n)
		}
	}
	if reads, writes := m[`identikit_lanes_wait_seconds_count{lane="read"}`], m[`identikit_lanes_wait_seconds_count{lane="write"}`]; reads < 2 || writes < 2 {
		t.Errorf("%g and %g waits, want at least 2", reads, writes)
	}
	if groups, requests := m[`identikit_lanes_group_requests_count{lane="write"}`], m[`identikit_lanes_group_requests_sum{lane="write"}`]; groups < 2 || requests < groups {
		t.Errorf("%g groups of %g requests", groups, requests)
	}
}

// Fails when the lag of a replica, or where is read, does not show.
func TestReplicasShow(t *testing.T) {
	t.Parallel()
	c := newCopied(t)
	w := serveWatched(t, c.settings()...)
	w.mustIdentify(t, pair(1))
	c.replicate(t)
	find := func(m series, name string) (value float64, found bool) {
		for s, v := range m {
			if strings.HasPrefix(s, name) && !strings.Contains(s, `"primary"`) {
				value, found = v, true
			}
		}
		return value, found
	}
	eventually(t, "the replica is used", func() error {
		w.at(t, "", "/contacts/1")
		m := w.metrics(t)
		lag, known := find(m, "identikit_replica_lag_seconds")
		usable, _ := find(m, "identikit_replica_usable")
		if reads, _ := find(m, "identikit_database_reads_total"); !known || usable != 1 || lag < 0 || lag > 60 || reads == 0 {
			return fmt.Errorf("lag %g, known %t, usable %g, %g reads", lag, known, usable, reads)
		}
		return nil
	})
	before := w.metrics(t)
	for range 3 {
		w.at(t, "latest", "/contacts/1")
	}
	const onPrimary = `identikit_database_reads_total{server="primary"}`
	if n := w.metrics(t).since(before)[onPrimary]; n != 3 {
		t.Errorf("%g reads on the primary, want 3", n)
	}
}
