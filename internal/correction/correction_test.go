package correction_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/identikit/identikit/internal/correction"
	"github.com/identikit/identikit/internal/feed"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/mysqltest"
	"github.com/identikit/identikit/internal/snapshot"
)

// Fails when the end of a block acts on observations that it read before it had the lock: a retraction
// that commits while it waits for the lock must survive.
func TestUnblockKeepsARetraction(t *testing.T) { //nolint:paralleltest // see waitBlocked
	db, _ := linkertest.Seeded(t)
	l := linkertest.Open(t, db.Config)
	linkertest.LinkOne(t, l, linkertest.Saw("", "555"))
	hub := linkertest.One[uint64](t, db.Pool, "SELECT id FROM contacts WHERE phone_number = '555'")
	for i := range 3 {
		linkertest.LinkOne(t, l, linkertest.Saw(fmt.Sprintf("e%d@example.com", i), "555"))
	}
	b, err := l.Block(t.Context(), linkertest.Saw("", "555"), "a kiosk", false)
	if err != nil {
		t.Fatal(err)
	}
	other := linkertest.Begin(t, db.Pool)
	linkertest.Exec(t, other, "SELECT id FROM contacts WHERE id = ? FOR UPDATE", hub)
	linkertest.Exec(t, other, "UPDATE observations SET withheld = 'retracted' WHERE id = (SELECT * FROM (SELECT MIN(id) FROM observations WHERE phone_contact_id = ?) AS first)", hub)
	done := make(chan error, 1)
	go func() {
		_, err := l.Unblock(context.WithoutCancel(t.Context()), b.ID, false)
		done <- err
	}()
	linkertest.WaitBlocked(t, other, db.Pool)
	if err := other.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if left := linkertest.Column(t, db.Pool, "SELECT COUNT(*) FROM observations WHERE withheld = 'retracted'")[0]; left != 1 {
		t.Errorf("%d observations are retracted", left)
	}
	if blocked := linkertest.Column(t, db.Pool, "SELECT COUNT(*) FROM observations WHERE withheld = 'blocked'")[0]; blocked != 0 {
		t.Errorf("%d observations are blocked without a block", blocked)
	}
}

// Fails when the end of a block and a retraction of one of its observations at the same time lose the
// retraction, leave an observation blocked without a block, or a drift.
func TestUnblockBesideRetractions(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	l := linkertest.Open(t, db.Config)
	for round := range 25 {
		phone := fmt.Sprintf("555%d", round)
		for i := range 3 {
			linkertest.LinkOne(t, l, linkertest.Saw(fmt.Sprintf("e%d.%d@example.com", i, round), phone))
			linkertest.LinkOne(t, l, linkertest.Saw(fmt.Sprintf("e%d.%d@example.com", i, round), fmt.Sprintf("77%d%d", i, round)))
		}
		b, err := l.Block(t.Context(), linkertest.Saw("", phone), "a kiosk", false)
		if err != nil {
			t.Fatal(err)
		}
		ids := linkertest.Column(t, db.Pool, fmt.Sprintf("SELECT id FROM observations WHERE phone_contact_id = %d", b.ContactID))
		var race sync.WaitGroup
		race.Go(func() {
			if _, err := l.Unblock(t.Context(), b.ID, false); err != nil {
				t.Errorf("unblock: %v", err)
			}
		})
		for _, id := range ids[:2] {
			race.Go(func() {
				if _, err := l.Retract(t.Context(), id, "a test", false); err != nil {
					t.Errorf("retract: %v", err)
				}
			})
		}
		race.Wait()
		lost := fmt.Sprintf("SELECT COUNT(*) FROM observations WHERE id IN (%d, %d) AND NOT withheld <=> 'retracted'", ids[0], ids[1])
		if n := linkertest.One[int](t, db.Pool, lost); n != 0 {
			t.Fatalf("round %d: %d retractions are lost", round, n)
		}
	}
	if n := linkertest.One[int](t, db.Pool, "SELECT COUNT(*) FROM observations WHERE withheld = 'blocked'"); n != 0 {
		t.Errorf("%d observations are blocked without a block", n)
	}
	if found, err := snapshot.Verify(t.Context(), db.Pool, func(d snapshot.Drift) { t.Error(d) }); err != nil || found.Contacts == 0 {
		t.Errorf("verify: %+v, %v", found, err)
	}
}

// Fails when of two identical corrections at the same time both say that they did it, or both write an
// event.
func TestOneOfTwoCorrectionsWins(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	l, other := linkertest.Open(t, db.Config), linkertest.Open(t, db.Config)
	both := func(do ...func(*linkertest.System) error) (errs [2]error) {
		var race sync.WaitGroup
		for i, l := range []*linkertest.System{l, other} {
			race.Go(func() { errs[i] = do[i%len(do)](l) })
		}
		race.Wait()
		return errs
	}
	const rounds = 12
	for i := range rounds {
		a, b := linkertest.Saw(fmt.Sprintf("a%d@example.com", i), fmt.Sprintf("1%d", i)), linkertest.Saw(fmt.Sprintf("b%d@example.com", i), fmt.Sprintf("2%d", i))
		x, y := linkertest.LinkOne(t, l, a).PrimaryID, linkertest.LinkOne(t, l, b).PrimaryID
		made, err := l.Separate(t.Context(), x, y, "a test", false)
		if err != nil {
			t.Fatal(err)
		}
		linkertest.LinkOne(t, l, linkertest.Saw(a.Email, b.Phone))
		errs := both(func(l *linkertest.System) error {
			_, err := l.Unseparate(t.Context(), made.ID, false)
			return err
		})
		if (errs[0] == nil) == (errs[1] == nil) || identity.CodeOf(errs[0])+identity.CodeOf(errs[1]) != identity.CodeRecordNotFound {
			t.Errorf("two ends of one separation: %v", errs)
		}
		observation := linkertest.One[uint64](t, db.Pool, fmt.Sprintf("SELECT id FROM observations WHERE email_contact_id = %d AND phone_contact_id = %d", x, y))
		if _, err := l.Retract(t.Context(), observation, "a test", false); err != nil {
			t.Fatal(err)
		}
		linkertest.LinkOne(t, l, linkertest.Saw(a.Email, b.Phone))
		refusal := linkertest.One[uint64](t, db.Pool, fmt.Sprintf("SELECT id FROM refusals WHERE observation_id = %d", observation))
		errs = both(
			func(l *linkertest.System) error { return l.Dismiss(t.Context(), refusal) },
			func(l *linkertest.System) error { _, err := l.Accept(t.Context(), refusal, false); return err },
		)
		if (errs[0] == nil) == (errs[1] == nil) || identity.CodeOf(errs[0])+identity.CodeOf(errs[1]) != identity.CodeRefusalDecided {
			t.Errorf("dismissed and accepted: %v", errs)
		}
	}
	if n := linkertest.One[int](t, db.Pool, "SELECT COUNT(*) FROM history WHERE kind = 'unseparated'"); n != 2*rounds {
		t.Errorf("%d events tell of %d separations that ended, two each", n, rounds)
	}
	accepted := linkertest.One[int](t, db.Pool, "SELECT COUNT(*) FROM refusals WHERE resolution = 'accepted' AND closed_at IS NOT NULL")
	if n := linkertest.One[int](t, db.Pool, "SELECT COUNT(*) FROM history WHERE kind = 'restored'"); n != accepted {
		t.Errorf("%d events tell of %d acceptances", n, accepted)
	}
}

// Fails when a correction whose answer was lost cannot be repeated, or does something again.
func TestRepeatedCorrections(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	l := linkertest.Open(t, db.Config)
	linkertest.LinkOne(t, l, linkertest.Saw("a@example.com", "111"))
	linkertest.LinkOne(t, l, linkertest.Saw("b@example.com", "111")) // observation 2
	if _, err := l.Retract(t.Context(), 2, "a test", false); err != nil {
		t.Fatal(err)
	}
	linkertest.LinkOne(t, l, linkertest.Saw("b@example.com", "111")) // refusal 1
	repeat := func(name string, do func() (correction.Change, error)) {
		t.Helper()
		first, err := do()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		events := linkertest.One[int](t, db.Pool, "SELECT CAST(SUM(size) AS UNSIGNED) FROM change_sets")
		again, err := do()
		if diff := cmp.Diff(first.After, again.After); err != nil || diff != "" {
			t.Errorf("%s again: %v (-first +again):\n%s", name, err, diff)
		}
		if n := linkertest.One[int](t, db.Pool, "SELECT CAST(SUM(size) AS UNSIGNED) FROM change_sets"); n != events {
			t.Errorf("%s again: %d more events", name, n-events)
		}
	}
	repeat("accept", func() (correction.Change, error) { return l.Accept(t.Context(), 1, false) })
	repeat("retract", func() (correction.Change, error) { return l.Retract(t.Context(), 2, "a test", false) })
	repeat("restore", func() (correction.Change, error) { return l.Restore(t.Context(), 2, false) })
	repeat("retract", func() (correction.Change, error) { return l.Retract(t.Context(), 2, "a test", false) })
	repeat("separate", func() (correction.Change, error) {
		s, err := l.Separate(t.Context(), 1, 2, "a test", false)
		return s.Change, err
	})
	repeat("block", func() (correction.Change, error) {
		_, err := l.Block(t.Context(), linkertest.Saw("", "111"), "a test", false)
		return correction.Change{}, err
	})
}

// Fails when a request that is answered with an error, since nobody can be told from it, stores
// something.
func TestNothingIsStoredOfTwoBlockedValues(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	l := linkertest.Open(t, db.Config)
	for _, value := range []identity.Observation{linkertest.Saw("info@example.com", ""), linkertest.Saw("", "000")} {
		if _, err := l.Block(t.Context(), value, "a test", false); err != nil {
			t.Fatal(err)
		}
	}
	lanes := linkertest.OpenLanes(t, db.Config)
	before := linkertest.Dump(t, db.Pool)
	for _, live := range []interface {
		Link(context.Context, []identity.Observation) ([]identity.Cluster, error)
	}{l, lanes} {
		got := linkertest.LinkOne(t, live, linkertest.Saw("info@example.com", "000"))
		if got.PrimaryID != 0 || len(got.Refused) != 2 {
			t.Errorf("%+v", got)
		}
	}
	if diff := cmp.Diff(string(before), string(linkertest.Dump(t, db.Pool))); diff != "" {
		t.Errorf("stored:\n%s", diff)
	}
}

// Fails when the feed does not tell of the contact that a retraction adds, or of a primary that changes
// because another contact turns out to be older.
func TestFeedNamesEveryChange(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	l := linkertest.Open(t, db.Config)
	for _, o := range []identity.Observation{
		linkertest.Saw("a@example.com", "1001"), linkertest.Saw("a@example.com", "1002"), linkertest.Saw("b@example.com", "1002"), linkertest.Saw("b@example.com", "1001"),
	} {
		linkertest.LinkOne(t, l, o)
	}
	if _, err := l.Retract(t.Context(), 1, "a test", false); err != nil { // the values are joined by the others still
		t.Fatal(err)
	}
	old := linkertest.Saw("b@example.com", "")
	old.SeenAt = time.Date(2011, 1, 1, 0, 0, 0, 0, time.UTC)
	if _, err := l.Import(t.Context(), []identity.Observation{old}); err != nil {
		t.Fatal(err)
	}
	events, err := feed.New(db.Pool).Read(t.Context(), 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range events {
		got = append(got, fmt.Sprint(e.Kind, " ", e.ContactID, " ", e.PrimaryID, " ", e.ObservationID))
	}
	want := []string{"created 1 1 0", "linked 2 1 0", "linked 3 1 0", "retracted 1 1 1", "divided 4 1 1", "demoted 1 3 0"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Fails when a dry run names an id that does not exist, uses one up, or shows other lists than the call.
func TestDryRunsUseUpNoIDs(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	l := linkertest.Open(t, db.Config)
	linkertest.LinkOne(t, l, linkertest.Saw("a@example.com", "111"))
	linkertest.LinkOne(t, l, linkertest.Saw("b@example.com", "222"))
	for _, dryRun := range []bool{true, true, false} {
		s, err := l.Separate(t.Context(), 2, 1, "a test", dryRun)
		if want := (map[bool]uint64{true: 0, false: 1})[dryRun]; err != nil || s.ID != want || s.ContactID != 1 || s.OtherID != 2 {
			t.Errorf("separate, dry run %v: %+v, %v", dryRun, s, err)
		}
		b, err := l.Block(t.Context(), linkertest.Saw("", "000"), "a test", dryRun)
		want := correction.Blocking{Complete: true, Change: correction.Change{
			Before: []identity.Cluster{}, After: []identity.Cluster{{Emails: []string{}, Phones: []string{"000"}, SecondaryIDs: []uint64{}}},
		}}
		if !dryRun {
			want.ID, want.ContactID, want.After[0].PrimaryID = 1, 3, 3
		}
		if diff := cmp.Diff(want, b, cmpopts.IgnoreUnexported(correction.Blocking{})); err != nil || diff != "" {
			t.Errorf("block, dry run %v: %v (-want +got):\n%s", dryRun, err, diff)
		}
		c, err := l.Retract(t.Context(), 1, "a test", dryRun)
		if err != nil || len(c.After) != 2 || c.After[1].PrimaryID != map[bool]uint64{true: 0, false: 4}[dryRun] {
			t.Errorf("retract, dry run %v: %+v, %v", dryRun, c, err)
		}
	}
}
