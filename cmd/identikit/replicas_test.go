package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/identikit/identikit/internal/mysqltest"
)

// copied is a primary and a replica, which the test replicates: the tables when it wants to, and the
// heartbeats until it ends. All e-mail addresses of the replica are different, which shows where an answer is
// from.
type copied struct{ primary, replica *mysqltest.DB }

func newCopied(t *testing.T) copied {
	t.Helper()
	c := copied{mysqltest.NewDB(t), mysqltest.NewDB(t)}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	t.Cleanup(func() { stop(); <-done })
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			if err := c.copyTable(ctx, "heartbeats"); err != nil && ctx.Err() == nil {
				t.Error(err)
			}
			time.Sleep(20 * time.Millisecond)
		}
	}()
	return c
}

// replicate copies the customers.
func (c copied) replicate(t *testing.T) {
	t.Helper()
	for _, table := range []string{"contacts", "observations", "change_sets"} {
		if err := c.copyTable(t.Context(), table); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.replica.Pool.ExecContext(t.Context(), "UPDATE contacts SET email = CONCAT('copy.', email)"); err != nil {
		t.Fatal(err)
	}
}

// copyTable adds the rows that the replica lacks, and brings heartbeats up to date.
func (c copied) copyTable(ctx context.Context, table string) error {
	var from string
	if err := c.primary.Pool.QueryRowContext(ctx, "SELECT DATABASE()").Scan(&from); err != nil {
		return err
	}
	how := "INSERT IGNORE"
	if table == "heartbeats" {
		how = "REPLACE"
	}
	_, err := c.replica.Pool.ExecContext(ctx, fmt.Sprintf("%s INTO %s SELECT * FROM %s.%s", how, table, from, table))
	return err
}

func (c copied) settings() []string {
	return []string{databaseURL(c.primary), "DATABASE_READ_URL=" + c.replica.URL()}
}

// at gets a path at a position, "" for anywhere.
func (p *program) at(t *testing.T, position, path string) reply {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if position != "" {
		r.Header.Set("Identikit-Position", position)
	}
	answer, err := do(r)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// Fails when a look-up does not use the replica, uses it although it lacks the position or the contact, or
// when /identify uses it.
func TestReadFromReplica(t *testing.T) {
	t.Parallel()
	c := newCopied(t)
	p := serve(t, c.settings()...)
	p.mustIdentify(t, pair(1))
	c.replicate(t)
	fromReplica := func(r reply) bool { return strings.Contains(r.body, "copy.") }
	for _, path := range []string{"/contacts/1", "/contacts?phoneNumber=" + phone(1), "/contacts/1/observations", "/contacts/1/explain?with=1"} {
		eventually(t, path+" is read from the replica", func() error {
			if r := p.at(t, "", path); !fromReplica(r) && !strings.Contains(path, "explain") {
				return errors.New(r.body)
			} else if r.status != http.StatusOK {
				t.Fatalf("%d %s", r.status, r.body)
			}
			return nil
		})
	}
	added, err := p.identify(pair(2))
	if err != nil || fromReplica(added) {
		t.Fatalf("%s %v", added.body, err)
	}
	position := added.header.Get("Identikit-Position")
	if r := p.at(t, position, "/contacts/1"); fromReplica(r) {
		t.Error("a look-up with the position of an answer, at once, was read from the replica")
	}
	if r := p.at(t, "", "/contacts/2"); r.status != http.StatusOK || fromReplica(r) {
		t.Errorf("a contact that the replica lacks: %d %s", r.status, r.body)
	}
	if r := p.at(t, "latest", "/contacts/1"); fromReplica(r) {
		t.Error("the latest was read from the replica")
	}
	eventually(t, "the replica reaches the position", func() error {
		r := p.at(t, position, "/contacts/1")
		if !fromReplica(r) {
			return errors.New(r.body)
		}
		if next := r.header.Get("Identikit-Position"); next == "" || next == position {
			t.Errorf("the answer of a look-up has the position %q", next)
		}
		return nil
	})
	if r, err := p.identify(pair(1)); err != nil || fromReplica(r) {
		t.Errorf("a known customer was read from the replica: %s %v", r.body, err)
	}
	if r := p.at(t, "yesterday", "/contacts/1"); r.status != http.StatusBadRequest || !strings.Contains(r.body, "Identikit-Position must") {
		t.Errorf("%d %s", r.status, r.body)
	}
	p.stop(t)
}

// Fails when events are read from a replica that does not have all of the page, or never from it.
func TestEventsFromReplica(t *testing.T) {
	t.Parallel()
	c := newCopied(t)
	p := serve(t, c.settings()...)
	for n := range 10 {
		p.mustIdentify(t, pair(n))
	}
	all := p.at(t, "", "/events") // from the primary, which numbers them
	if got := strings.Count(all.body, `"created"`); got != 10 {
		t.Fatalf("%d events: %s", got, all.body)
	}
	c.replicate(t)
	if _, err := c.replica.Pool.ExecContext(t.Context(), "UPDATE change_sets SET created_at = '2001-02-03'"); err != nil {
		t.Fatal(err)
	}
	for n := range 5 {
		p.mustIdentify(t, pair(20+n))
	}
	eventually(t, "a full page is read from the replica", func() error {
		if r := p.at(t, "", "/events?limit=10"); strings.Count(r.body, "2001-02-03") != 10 {
			return errors.New(r.body)
		}
		return nil
	})
	if r := p.at(t, "", "/events?limit=15"); strings.Count(r.body, `"created"`) != 15 || strings.Contains(r.body, "2001") {
		t.Errorf("a page that the replica has only a part of: %s", r.body)
	}
	if r := p.at(t, "", "/events?after=5&limit=10"); strings.Count(r.body, `"created"`) != 10 || strings.Contains(r.body, "2001") {
		t.Errorf("a page that the replica has only a part of: %s", r.body)
	}
}

// Fails when a command that reads everything does not use the replica.
func TestSnapshotFromReplica(t *testing.T) {
	t.Parallel()
	c := newCopied(t)
	p := serve(t, databaseURL(c.primary))
	p.mustIdentify(t, pair(1))
	if r := p.at(t, "", "/contacts/1"); r.header.Get("Identikit-Position") != "" {
		t.Error("there is a position although there are no replicas")
	}
	c.replicate(t)
	if _, err := c.replica.Pool.ExecContext(t.Context(), "DELETE FROM observations"); err != nil {
		t.Fatal(err)
	}
	if code, stdout, stderr := execute(t, c.settings(), "verify"); code != exitFailure || !strings.Contains(stdout, "1 drifts") {
		t.Errorf("%d %s %s", code, stdout, stderr)
	}
	p.stop(t)
}
