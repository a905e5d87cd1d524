package linker_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker"
	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/mysqltest"
)

func codes(c identity.Cluster) (codes []identity.Reason) {
	for _, r := range c.Refused {
		codes = append(codes, r.Code)
	}
	return codes
}

// Fails when what was retracted links again, is not queued when it is seen again, or is queued twice.
func TestRetractionStays(t *testing.T) {
	t.Parallel()
	for _, lanes := range []bool{false, true} {
		t.Run(fmt.Sprintf("lanes %v", lanes), func(t *testing.T) {
			t.Parallel()
			db := mysqltest.NewDB(t)
			l := linker.New(db.Pool, linker.Policy{})
			if lanes {
				testRetractionStays(t, db, l, openLanes(t, db.Config))
			} else {
				testRetractionStays(t, db, l, l)
			}
		})
	}
}

func testRetractionStays(t *testing.T, db *mysqltest.DB, l *linker.Linker, live linkertest.Linker) {
	t.Helper()
	queue := func() []uint64 { return column(t, db.Pool, "SELECT id FROM refusals WHERE closed_at IS NULL") }
	link(t, live, saw("lorraine@example.com", "111"))
	link(t, live, saw("mcfly@example.com", "111")) // observation 2
	change, err := l.Retract(t.Context(), 2, false)
	if err != nil {
		t.Fatal(err)
	}
	want := linker.Change{
		Before: []identity.Cluster{{PrimaryID: 1, Emails: []string{"lorraine@example.com", "mcfly@example.com"}, Phones: []string{"111"}, SecondaryIDs: []uint64{2}}},
		After: []identity.Cluster{
			{PrimaryID: 1, Emails: []string{"lorraine@example.com"}, Phones: []string{"111"}, SecondaryIDs: []uint64{}},
			{PrimaryID: 2, Emails: []string{"mcfly@example.com"}, Phones: []string{}, SecondaryIDs: []uint64{}},
		},
	}
	if diff := cmp.Diff(want, change); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if queued := queue(); len(queued) != 0 {
		t.Errorf("queued before it was seen again: %v", queued)
	}
	for range 2 {
		got := link(t, live, saw("mcfly@example.com", "111"))
		if got.PrimaryID != 2 || !slices.Equal(codes(got), []identity.Reason{identity.ReasonRetracted}) {
			t.Errorf("seen again: %+v", got)
		}
	}
	queued := queue()
	if len(queued) != 1 {
		t.Fatalf("queued: %v", queued)
	}
	if err := l.Dismiss(t.Context(), queued[0]); err != nil {
		t.Fatal(err)
	}
	link(t, live, saw("mcfly@example.com", "111"))
	if again := queue(); len(again) != 0 {
		t.Errorf("dismissed, and queued again: %v", again)
	}
	if err := l.Dismiss(t.Context(), queued[0]); err != nil {
		t.Errorf("dismissed twice: %v", err)
	}
	if _, err := l.Accept(t.Context(), queued[0], false); identity.CodeOf(err) != identity.CodeConflict {
		t.Errorf("accepted after it was dismissed: %v", err)
	}
	if _, err := l.Restore(t.Context(), 2, false); err != nil {
		t.Fatal(err)
	}
	if got := link(t, live, saw("mcfly@example.com", "111")); got.PrimaryID != 1 || got.Refused != nil {
		t.Errorf("restored: %+v", got)
	}
}

// Fails when a contact that held both values is not split, or comes back as another.
func TestRetractSplitsAContact(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	l := linker.New(db.Pool, linker.Policy{})
	link(t, l, saw("lorraine@example.com", "111"))
	link(t, l, saw("mcfly@example.com", "111"))
	for _, dryRun := range []bool{true, false} {
		change, err := l.Retract(t.Context(), 1, dryRun)
		if err != nil || len(change.After) != 2 || change.After[0].Emails[0] != "lorraine@example.com" || len(change.After[0].Phones) != 0 {
			t.Fatalf("%+v, %v", change, err)
		}
		if split := link(t, l, saw("", "111")).PrimaryID != 1; split == dryRun {
			t.Errorf("dry run %v, and split: %v", dryRun, split)
		}
	}
	if holder := one[uint64](t, db.Pool, "SELECT id FROM contacts WHERE email = 'lorraine@example.com'"); holder != 1 {
		t.Errorf("contact %d holds the e-mail, which should keep its id", holder)
	}
	if got := link(t, l, saw("mcfly@example.com", "")); !slices.Equal(got.Phones, []string{"111"}) || len(got.Emails) != 1 {
		t.Errorf("who stays with the phone number: %+v", got)
	}
	change, err := l.Restore(t.Context(), 1, false)
	if err != nil || len(change.Before) != 2 || len(change.After) != 1 || change.After[0].PrimaryID != 1 {
		t.Errorf("restored: %+v, %v", change, err)
	}
}

// Fails when separated people are united, by whatever path, or stay apart once they are no longer
// separated.
func TestSeparationHolds(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	l := linker.New(db.Pool, linker.Policy{})
	link(t, l, saw("a@example.com", "111"))
	link(t, l, saw("b@example.com", "222"))
	if _, err := l.Separate(t.Context(), 1, 2, "father and son", false); err != nil {
		t.Fatal(err)
	}
	link(t, l, saw("a@example.com", "333"))
	got := link(t, l, saw("b@example.com", "333")) // by way of a third value
	if got.PrimaryID != 2 || !slices.Equal(codes(got), []identity.Reason{identity.ReasonSeparated}) {
		t.Errorf("seen together: %+v", got)
	}
	refusal := column(t, db.Pool, "SELECT id FROM refusals")[0]
	if _, err := l.Accept(t.Context(), refusal, false); identity.CodeOf(err) != identity.CodeConflict {
		t.Errorf("accepted although separated: %v", err)
	}
	change, err := l.Unseparate(t.Context(), 1, false)
	if err != nil || len(change.After) != 1 || change.After[0].PrimaryID != 1 || len(change.After[0].Emails) != 2 {
		t.Errorf("no longer separated: %+v, %v", change, err)
	}
	if open := column(t, db.Pool, "SELECT id FROM refusals WHERE closed_at IS NULL"); len(open) != 0 {
		t.Errorf("linked, and queued still: %v", open)
	}
	if _, err := l.Separate(t.Context(), 1, 2, "", false); identity.CodeOf(err) != identity.CodeConflict {
		t.Errorf("separated in one cluster: %v", err)
	}
}

// Fails when a bound of the policy is not kept, or accepting does not lift it.
func TestPolicyBounds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		policy linker.Policy
		last   identity.Observation
		want   identity.Reason
	}{
		"fuse, a new value":  {linker.Policy{ClusterValues: 3}, saw("c@example.com", "111"), identity.ReasonFuse},
		"fuse, two clusters": {linker.Policy{ClusterValues: 4}, saw("d@example.com", "111"), identity.ReasonFuse},
		"e-mails of a phone": {linker.Policy{EmailsPerPhone: 2}, saw("c@example.com", "111"), identity.ReasonFanOut},
		"phones of an email": {linker.Policy{PhonesPerEmail: 1}, saw("a@example.com", "333"), identity.ReasonFanOut},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := mysqltest.NewDB(t)
			l := linker.New(db.Pool, c.policy)
			link(t, l, saw("a@example.com", "111"))
			link(t, l, saw("b@example.com", "111"))
			link(t, l, saw("d@example.com", "444"))
			got := link(t, l, saw(c.last.Email, c.last.Phone))
			if !slices.Equal(codes(got), []identity.Reason{c.want}) || got.Emails[0] != c.last.Email {
				t.Errorf("%+v", got)
			}
			if _, err := l.Accept(t.Context(), column(t, db.Pool, "SELECT id FROM refusals")[0], false); err != nil {
				t.Fatal(err)
			}
			if got := link(t, l, saw(c.last.Email, c.last.Phone)); got.Refused != nil || len(got.Emails)+len(got.Phones) < 3 {
				t.Errorf("accepted: %+v", got)
			}
		})
	}
}

// Fails when a blocked value links anyone, holds its old cluster together, or loses what it linked.
func TestBlock(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	l := linker.New(db.Pool, linker.Policy{})
	link(t, l, saw("a@example.com", "000"))
	link(t, l, saw("b@example.com", "000"))
	link(t, l, saw("c@example.com", "000"))
	link(t, l, saw("c@example.com", "333"))
	dry, err := l.Block(t.Context(), saw("", "000"), "the counter", true)
	if err != nil || len(dry.After) != 4 || link(t, l, saw("b@example.com", "")).PrimaryID != 1 {
		t.Errorf("dry run: %+v, %v", dry, err)
	}
	blocking, err := l.Block(t.Context(), saw("", "000"), "the counter", false)
	if err != nil || len(blocking.Before) != 1 || len(blocking.After) != 4 || blocking.Linking != 0 || blocking.Withheld != 3 {
		t.Errorf("%+v, %v", blocking, err)
	}
	if got := link(t, l, saw("d@example.com", "000")); !slices.Equal(got.Emails, []string{"d@example.com"}) || len(got.Phones) != 0 ||
		!slices.Equal(codes(got), []identity.Reason{identity.ReasonBlocked}) {
		t.Errorf("a newcomer with it: %+v", got)
	}
	if got := link(t, l, saw("", "000")); got.PrimaryID != 0 || !slices.Equal(codes(got), []identity.Reason{identity.ReasonBlocked}) {
		t.Errorf("it alone: %+v", got)
	}
	if got := link(t, l, saw("c@example.com", "")); !slices.Equal(got.Phones, []string{"333"}) {
		t.Errorf("what else linked: %+v", got)
	}
	unblocking, err := l.Unblock(t.Context(), blocking.ID, false)
	if err != nil || unblocking.Withheld != 0 || len(unblocking.After) != 1 {
		t.Errorf("%+v, %v", unblocking, err)
	}
	if got := link(t, l, saw("", "000")); len(got.Emails) != 4 || got.Refused != nil {
		t.Errorf("unblocked: %+v", got)
	}
}
