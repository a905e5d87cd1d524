package replica_test

import (
	"context"
	"database/sql"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/identikit/identikit/internal/replica"
)

// Fails when a read uses a replica although nobody allowed it, the replica lags, or it may not have what the
// position asks for; and when a replica that is recent is not used.
func TestWhichServer(t *testing.T) {
	t.Parallel()
	p := newPair(t, 3*time.Second, nil)
	anywhere := replica.With(t.Context(), replica.Position{})
	if got := p.where(t, anywhere); got != "primary" {
		t.Errorf("before it is known how recent the replica is, read from the %s", got)
	}
	stop := p.follow(t)
	p.eventually(t, anywhere, "replica")
	for name, ctx := range map[string]context.Context{
		"not allowed":  t.Context(),
		"latest":       replica.With(t.Context(), position(t, "latest")),
		"unknown":      replica.With(t.Context(), position(t, "999999.1")),
		"not sent yet": replica.With(t.Context(), p.router.Position()),
	} {
		if got := p.where(t, ctx); got != "primary" {
			t.Errorf("%s: read from the %s", name, got)
		}
	}
	at := replica.With(t.Context(), position(t, p.router.Position().String()))
	p.eventually(t, at, "replica")
	stop()
	p.eventually(t, anywhere, "primary") // it is left out once it is too far behind
	p.follow(t)
	p.eventually(t, anywhere, "replica")
}

// Fails when a read that carries the position of an answer does not show what was committed before that
// answer.
func TestReadsOwnWrites(t *testing.T) {
	t.Parallel()
	p := newPair(t, time.Minute, nil)
	p.follow(t)
	p.eventually(t, replica.With(t.Context(), replica.Position{}), "replica")
	var fromReplica int
	for n := int64(1); n < 1000 && fromReplica < 5; n++ {
		if _, err := p.primary.Pool.ExecContext(t.Context(), "UPDATE counter SET n = ?", n); err != nil {
			t.Fatal(err)
		}
		ctx := replica.With(t.Context(), p.router.Position())
		for here := true; here; {
			var got int64
			err := p.router.Read(ctx, func(ctx context.Context, db *sql.DB) error {
				here = db == p.primary.Pool
				return db.QueryRowContext(ctx, "SELECT n FROM counter").Scan(&got)
			})
			if err != nil || got < n {
				t.Fatalf("after %d was written, a read returned %d, %v; from the primary: %v", n, got, err, here)
			}
		}
		fromReplica++
	}
}

// Fails when an error of a replica is taken for the answer.
func TestFailureOnReplica(t *testing.T) {
	t.Parallel()
	p := newPair(t, time.Minute, nil)
	p.follow(t)
	anywhere := replica.With(t.Context(), replica.Position{})
	p.eventually(t, anywhere, "replica")
	var calls int
	err := p.router.Read(anywhere, func(_ context.Context, db *sql.DB) error {
		if calls++; db != p.primary.Pool {
			return sql.ErrNoRows
		}
		return nil
	})
	if err != nil || calls != 2 {
		t.Errorf("%d calls, %v", calls, err)
	}
	failed := errors.New("as asked")
	if err := p.router.Read(anywhere, func(context.Context, *sql.DB) error { return failed }); !errors.Is(err, failed) {
		t.Errorf("the error of the primary is %v", err)
	}
	if p.router.Try(anywhere, func(context.Context, *sql.DB) error { return failed }) {
		t.Error("a failed read counts as done")
	}
}

// Fails when the process goes on with a row that somebody has deleted.
func TestLostRow(t *testing.T) {
	t.Parallel()
	p := newPair(t, time.Minute, nil)
	p.follow(t)
	anywhere := replica.With(t.Context(), replica.Position{})
	p.eventually(t, anywhere, "replica")
	before := replica.With(t.Context(), p.router.Position())
	exec(t, p.primary.Pool, "DELETE FROM heartbeats")
	p.eventually(t, anywhere, "primary")
	p.eventually(t, replica.With(t.Context(), p.router.Position()), "replica")
	if got := p.where(t, before); got != "primary" {
		t.Errorf("the position of a deleted row is found on the %s", got)
	}
}

// Fails when rows of processes that ended stay for ever, or the row of one that runs is deleted with them.
func TestOldRows(t *testing.T) {
	t.Parallel()
	p := newPair(t, time.Minute, nil)
	p.follow(t)
	p.eventually(t, replica.With(t.Context(), replica.Position{}), "replica")
	exec(t, p.primary.Pool, "INSERT INTO heartbeats (id, beat, updated_at) VALUES (1000, 1, NOW(6) - INTERVAL 25 HOUR), (1001, 1, NOW(6) - INTERVAL 23 HOUR)")
	other, err := replica.Start(p.primary.Config, p.primary.Pool, replica.Options{Servers: p.copied.Config, Conns: 1, MaxLag: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		var old, all int
		if err := p.primary.Pool.QueryRowContext(t.Context(), "SELECT COALESCE(SUM(id = 1000), 0), COUNT(*) FROM heartbeats").Scan(&old, &all); err != nil {
			t.Fatal(err)
		}
		if old == 0 && all == 3 {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("%d rows, old ones: %d", all, old)
		}
	}
	other.Close()
	var left int
	if err := p.primary.Pool.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM heartbeats").Scan(&left); err != nil || left != 2 {
		t.Errorf("after one process has ended, %d rows, %v", left, err)
	}
}

// Fails when a command that reads everything gets a replica that lacks what was committed before, or waits
// for one that does not come.
func TestAwait(t *testing.T) {
	t.Parallel()
	p := newPair(t, 2*time.Second, nil)
	if got := p.router.Await(t.Context()); got != p.primary.Pool {
		t.Error("a replica that does not replicate was chosen")
	}
	var following atomic.Bool
	go func() {
		time.Sleep(time.Second / 2)
		following.Store(true)
		p.follow(t)
	}()
	if got := p.router.Await(t.Context()); got == p.primary.Pool {
		t.Error("the replica was not waited for")
	} else if !following.Load() {
		t.Error("a replica was chosen too early")
	}
	only := replica.Only(p.primary.Pool)
	if got := only.Await(t.Context()); got != p.primary.Pool || !only.Empty() || !only.Position().IsZero() {
		t.Error("a router without replicas has some")
	}
	only.Close()
}

// Fails when text that is not a position is taken for one.
func TestParse(t *testing.T) {
	t.Parallel()
	for _, wrong := range []string{"", "1", "1.", ".1", "1.2.3", "-1.2", "1.x", "Latest", " 1.2", "18446744073709551616.1"} {
		if _, err := replica.Parse(wrong); err == nil {
			t.Errorf("%q is a position", wrong)
		}
	}
	if got := position(t, "7.1764000000000000").String(); got != "7.1764000000000000" {
		t.Errorf("it became %s", got)
	}
}
