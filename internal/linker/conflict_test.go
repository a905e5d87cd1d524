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
)

// Fails when whoever loses the race for a new value does not look again: another process inserts
// the phone number between the linker's read and its insert.
func TestLostInsertRaceLinksToTheWinner(t *testing.T) { //nolint:paralleltest // see waitBlocked
	db, l := linkertest.Seeded(t)
	other := linkertest.Begin(t, db.Pool)
	linkertest.Exec(t, other, "INSERT INTO contacts (phone_number, link_precedence) VALUES ('123456', 'primary')")
	run := linkertest.StartLink(t.Context(), l, linkertest.Saw("late@example.com", "123456"))
	linkertest.WaitBlocked(t, other, db.Pool)
	if err := other.Commit(); err != nil {
		t.Fatal(err)
	}
	got := run.Wait(t)
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
	db, l := linkertest.Seeded(t)
	other := linkertest.Begin(t, db.Pool)
	linkertest.Exec(t, other, "SELECT id FROM contacts WHERE id IN (1, 2) ORDER BY id FOR UPDATE")
	run := linkertest.StartLink(t.Context(), l, linkertest.Saw("late@example.com", "9900000001")) // the phone of contact 2
	linkertest.WaitBlocked(t, other, db.Pool)
	linkertest.Exec(t, other, "UPDATE contacts SET linked_id = 1, link_precedence = 'secondary' WHERE id = 2")
	if err := other.Commit(); err != nil {
		t.Fatal(err)
	}
	if got := run.Wait(t); got.PrimaryID != 1 {
		t.Errorf("primary %d, want 1", got.PrimaryID)
	}
	linkertest.CheckRows(t, linkertest.Rows(t, db.Pool, 1))
}

// Fails when a lock wait timeout reaches the caller although the lock comes free in time.
func TestLockWaitTimeoutIsSurvived(t *testing.T) { //nolint:paralleltest // see waitBlocked
	db, _ := linkertest.Seeded(t)
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
	l := linkertest.Open(t, impatient)
	other := linkertest.Begin(t, db.Pool)
	linkertest.Exec(t, other, "SELECT id FROM contacts WHERE id = 1 FOR UPDATE")
	run := linkertest.StartLink(t.Context(), l, linkertest.Saw("late@example.com", "9900000000"))
	linkertest.WaitBlocked(t, other, db.Pool)
	select {
	case <-run.Done:
		t.Fatalf("gave up: %v", run.Err)
	case <-time.After(2500 * time.Millisecond): // two timeouts
	}
	if err := other.Rollback(); err != nil {
		t.Fatal(err)
	}
	if got := run.Wait(t); got.PrimaryID != 1 {
		t.Errorf("primary %d, want 1", got.PrimaryID)
	}
}

// Fails when the victim of a deadlock is told instead of tried again. The other transaction has
// written much, so the server picks the linker.
func TestDeadlockIsSurvived(t *testing.T) { //nolint:paralleltest // see waitBlocked
	db, l := linkertest.Seeded(t)
	other := linkertest.Begin(t, db.Pool)
	for i := range 200 {
		linkertest.Exec(t, other, "INSERT INTO contacts (email, link_precedence) VALUES (?, 'primary')", fmt.Sprintf("weight%d@example.com", i))
	}
	linkertest.Exec(t, other, "SELECT id FROM contacts WHERE id = 2 FOR UPDATE")
	before := deadlocks(t, db.Pool)
	run := linkertest.StartLink(t.Context(), l, linkertest.Saw("seed0@example.com", "9900000001")) // joins contacts 1 and 2
	linkertest.WaitBlocked(t, other, db.Pool)
	linkertest.Exec(t, other, "SELECT id FROM contacts WHERE id = 1 FOR UPDATE")
	if err := other.Commit(); err != nil {
		t.Fatal(err)
	}
	got := run.Wait(t)
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
	db, l := linkertest.Seeded(t)
	other := linkertest.Begin(t, db.Pool)
	linkertest.Exec(t, other, "SELECT id FROM contacts WHERE id = 1 FOR UPDATE")
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	run := linkertest.StartLink(ctx, l, linkertest.Saw("late@example.com", "9900000000"))
	<-run.Done
	if identity.CodeOf(run.Err) != identity.CodeUnavailable {
		t.Errorf("got %v, want %s", run.Err, identity.CodeUnavailable)
	}
}
