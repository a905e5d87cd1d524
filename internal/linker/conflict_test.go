package linker_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/mysqltest"
)

// linking is a Link under way in the background.
type linking struct {
	cluster identity.Cluster
	err     error
	done    chan struct{}
}

func startLink(ctx context.Context, l linkertest.Linker, o identity.Observation) *linking {
	run := &linking{done: make(chan struct{})}
	go func() {
		defer close(run.done)
		clusters, err := l.Link(ctx, []identity.Observation{o})
		if run.err = err; err == nil {
			run.cluster = clusters[0]
		}
	}()
	return run
}

func (r *linking) wait(t *testing.T) identity.Cluster {
	t.Helper()
	<-r.done
	if r.err != nil {
		t.Fatal(r.err)
	}
	return r.cluster
}

// waitBlocked returns once a transaction waits for a lock of tx. The server refreshes INNODB_TRX
// only when nobody read it for 100 ms: the tests in this file do not run beside each other.
func waitBlocked(t *testing.T, tx *sql.Tx, db *sql.DB) {
	t.Helper()
	var connection uint64
	if err := tx.QueryRowContext(t.Context(), "SELECT CONNECTION_ID()").Scan(&connection); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(150 * time.Millisecond) {
		var waiting int
		err := db.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM information_schema.INNODB_TRX t
			JOIN information_schema.PROCESSLIST p ON p.ID = t.trx_mysql_thread_id
			WHERE t.trx_state = 'LOCK WAIT' AND p.DB = DATABASE() AND p.ID <> ?`, connection).Scan(&waiting)
		if err != nil {
			t.Fatal(err)
		}
		if waiting > 0 {
			return
		}
	}
	t.Fatal("nobody waits for the lock")
}

func begin(t *testing.T, db *sql.DB) *sql.Tx {
	t.Helper()
	tx, err := db.BeginTx(context.WithoutCancel(t.Context()), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tx.Rollback() }) // most tests end it themselves
	return tx
}

func exec(t *testing.T, tx *sql.Tx, statement string, args ...any) {
	t.Helper()
	if _, err := tx.ExecContext(t.Context(), statement, args...); err != nil {
		t.Fatal(err)
	}
}

func seeded(t *testing.T) (*mysqltest.DB, linkertest.Linker) {
	t.Helper()
	db := mysqltest.NewDB(t)
	l := openLinker(t, db.Config)
	seed(t, l, seedSize)
	return db, l
}

// Fails when whoever loses the race for a new value does not look again: another process inserts
// the phone number between the linker's read and its insert.
func TestLostInsertRaceLinksToTheWinner(t *testing.T) { //nolint:paralleltest // see waitBlocked
	db, l := seeded(t)
	other := begin(t, db.Pool)
	exec(t, other, "INSERT INTO contacts (phone_number, link_precedence) VALUES ('123456', 'primary')")
	run := startLink(t.Context(), l, saw("late@example.com", "123456"))
	waitBlocked(t, other, db.Pool)
	if err := other.Commit(); err != nil {
		t.Fatal(err)
	}
	got := run.wait(t)
	winner := got.PrimaryID
	want := identity.Cluster{
		PrimaryID: winner, Emails: []string{"late@example.com"}, Phones: []string{"123456"}, SecondaryIDs: got.SecondaryIDs,
	}
	if diff := cmp.Diff(want, got); diff != "" || len(got.SecondaryIDs) != 1 || got.SecondaryIDs[0] <= winner {
		t.Errorf("want the winner as primary, one secondary (-want +got):\n%s\n%+v", diff, got)
	}
}

// Fails when a plan made before the lock is written although the root was absorbed meanwhile: the
// new contact would hang on a secondary.
func TestRootAbsorbedWhileWaitingForItsLock(t *testing.T) { //nolint:paralleltest // see waitBlocked
	db, l := seeded(t)
	other := begin(t, db.Pool)
	exec(t, other, "SELECT id FROM contacts WHERE id IN (1, 2) ORDER BY id FOR UPDATE")
	run := startLink(t.Context(), l, saw("late@example.com", "9900000001")) // the phone of contact 2
	waitBlocked(t, other, db.Pool)
	exec(t, other, "UPDATE contacts SET linked_id = 1, link_precedence = 'secondary' WHERE id = 2")
	if err := other.Commit(); err != nil {
		t.Fatal(err)
	}
	if got := run.wait(t); got.PrimaryID != 1 {
		t.Errorf("primary %d, want 1", got.PrimaryID)
	}
	linkertest.CheckRows(t, rows(t, db.Pool, 1))
}

// Fails when a lock wait timeout reaches the caller although the lock comes free in time.
func TestLockWaitTimeoutIsSurvived(t *testing.T) { //nolint:paralleltest // see waitBlocked
	db, _ := seeded(t)
	place, err := url.Parse(db.Config.URL())
	if err != nil {
		t.Fatal(err)
	}
	params := place.Query()
	params.Set("innodb_lock_wait_timeout", "1")
	place.RawQuery = params.Encode()
	impatient, err := mysql.ParseURL(place.String())
	if err != nil {
		t.Fatal(err)
	}
	l := openLinker(t, impatient)
	other := begin(t, db.Pool)
	exec(t, other, "SELECT id FROM contacts WHERE id = 1 FOR UPDATE")
	run := startLink(t.Context(), l, saw("late@example.com", "9900000000"))
	waitBlocked(t, other, db.Pool)
	select {
	case <-run.done:
		t.Fatalf("gave up: %v", run.err)
	case <-time.After(2500 * time.Millisecond): // two timeouts
	}
	if err := other.Rollback(); err != nil {
		t.Fatal(err)
	}
	if got := run.wait(t); got.PrimaryID != 1 {
		t.Errorf("primary %d, want 1", got.PrimaryID)
	}
}

// Fails when the victim of a deadlock is told instead of tried again. The other transaction has
// written much, so the server picks the linker.
func TestDeadlockIsSurvived(t *testing.T) { //nolint:paralleltest // see waitBlocked
	db, l := seeded(t)
	other := begin(t, db.Pool)
	for i := range 200 {
		exec(t, other, "INSERT INTO contacts (email, link_precedence) VALUES (?, 'primary')", fmt.Sprintf("weight%d@example.com", i))
	}
	exec(t, other, "SELECT id FROM contacts WHERE id = 2 FOR UPDATE")
	before := deadlocks(t, db.Pool)
	run := startLink(t.Context(), l, saw("seed0@example.com", "9900000001")) // joins contacts 1 and 2
	waitBlocked(t, other, db.Pool)
	exec(t, other, "SELECT id FROM contacts WHERE id = 1 FOR UPDATE")
	if err := other.Commit(); err != nil {
		t.Fatal(err)
	}
	got := run.wait(t)
	want := identity.Cluster{
		PrimaryID: 1, Emails: []string{"seed0@example.com", "seed1@example.com"},
		Phones: []string{"9900000000", "9900000001"}, SecondaryIDs: []uint64{2},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if after := deadlocks(t, db.Pool); after == before {
		t.Error("the server counted no deadlock: this test tested nothing")
	}
}

// deadlocks is the server's count.
func deadlocks(t *testing.T, db *sql.DB) (n uint64) {
	t.Helper()
	err := db.QueryRowContext(t.Context(),
		"SELECT count FROM information_schema.INNODB_METRICS WHERE name = 'lock_deadlocks'").Scan(&n)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Fails when a caller waits longer than its deadline, or when the error is not one that says try
// again.
func TestDeadlineEndsTheWait(t *testing.T) { //nolint:paralleltest // see waitBlocked
	db, l := seeded(t)
	other := begin(t, db.Pool)
	exec(t, other, "SELECT id FROM contacts WHERE id = 1 FOR UPDATE")
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	run := startLink(ctx, l, saw("late@example.com", "9900000000"))
	<-run.done
	if identity.CodeOf(run.err) != identity.CodeUnavailable {
		t.Errorf("got %v, want %s", run.err, identity.CodeUnavailable)
	}
}
