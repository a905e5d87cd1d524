package correction_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/correction"
	"github.com/identikit/identikit/internal/identity"
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
			l := linkertest.New(db.Pool, cluster.Policy{})
			if lanes {
				testRetractionStays(t, db, l, linkertest.OpenLanes(t, db.Config))
			} else {
				testRetractionStays(t, db, l, l)
			}
		})
	}
}

func testRetractionStays(t *testing.T, db *mysqltest.DB, l *linkertest.System, live linkertest.Linker) {
	t.Helper()
	queue := func() []uint64 {
		return linkertest.Column(t, db.Pool, "SELECT id FROM refusals WHERE closed_at IS NULL")
	}
	linkertest.LinkOne(t, live, linkertest.Saw("lorraine@example.com", "111"))
	linkertest.LinkOne(t, live, linkertest.Saw("mcfly@example.com", "111")) // observation 2
	change, err := l.Retract(t.Context(), 2, "a test", false)
	if err != nil {
		t.Fatal(err)
	}
	want := correction.Change{
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
		got := linkertest.LinkOne(t, live, linkertest.Saw("mcfly@example.com", "111"))
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
	linkertest.LinkOne(t, live, linkertest.Saw("mcfly@example.com", "111"))
	if again := queue(); len(again) != 0 {
		t.Errorf("dismissed, and queued again: %v", again)
	}
	if err := l.Dismiss(t.Context(), queued[0]); err != nil {
		t.Errorf("dismissed twice: %v", err)
	}
	if _, err := l.Accept(t.Context(), queued[0], false); identity.CodeOf(err) != identity.CodeRefusalDecided {
		t.Errorf("accepted after it was dismissed: %v", err)
	}
	if _, err := l.Restore(t.Context(), 2, false); err != nil {
		t.Fatal(err)
	}
	if got := linkertest.LinkOne(t, live, linkertest.Saw("mcfly@example.com", "111")); got.PrimaryID != 1 || got.Refused != nil {
		t.Errorf("restored: %+v", got)
	}
}

// Fails when a contact that held both values is not split, or comes back as another.
func TestRetractSplitsAContact(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	l := linkertest.New(db.Pool, cluster.Policy{})
	linkertest.LinkOne(t, l, linkertest.Saw("lorraine@example.com", "111"))
	linkertest.LinkOne(t, l, linkertest.Saw("mcfly@example.com", "111"))
	for _, dryRun := range []bool{true, false} {
		change, err := l.Retract(t.Context(), 1, "a test", dryRun)
		if err != nil || len(change.After) != 2 || change.After[0].Emails[0] != "lorraine@example.com" || len(change.After[0].Phones) != 0 {
			t.Fatalf("%+v, %v", change, err)
		}
		if split := linkertest.LinkOne(t, l, linkertest.Saw("", "111")).PrimaryID != 1; split == dryRun {
			t.Errorf("dry run %v, and split: %v", dryRun, split)
		}
	}
	if holder := linkertest.One[uint64](t, db.Pool, "SELECT id FROM contacts WHERE email = 'lorraine@example.com'"); holder != 1 {
		t.Errorf("contact %d holds the e-mail, which should keep its id", holder)
	}
	if got := linkertest.LinkOne(t, l, linkertest.Saw("mcfly@example.com", "")); !slices.Equal(got.Phones, []string{"111"}) || len(got.Emails) != 1 {
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
	l := linkertest.New(db.Pool, cluster.Policy{})
	linkertest.LinkOne(t, l, linkertest.Saw("a@example.com", "111"))
	linkertest.LinkOne(t, l, linkertest.Saw("b@example.com", "222"))
	if _, err := l.Separate(t.Context(), 1, 2, "father and son", false); err != nil {
		t.Fatal(err)
	}
	linkertest.LinkOne(t, l, linkertest.Saw("a@example.com", "333"))
	got := linkertest.LinkOne(t, l, linkertest.Saw("b@example.com", "333")) // by way of a third value
	if got.PrimaryID != 2 || !slices.Equal(codes(got), []identity.Reason{identity.ReasonSeparated}) {
		t.Errorf("seen together: %+v", got)
	}
	refusal := linkertest.Column(t, db.Pool, "SELECT id FROM refusals")[0]
	if _, err := l.Accept(t.Context(), refusal, false); identity.CodeOf(err) != identity.CodeContactsSeparated {
		t.Errorf("accepted although separated: %v", err)
	}
	change, err := l.Unseparate(t.Context(), 1, false)
	if err != nil || len(change.After) != 1 || change.After[0].PrimaryID != 1 || len(change.After[0].Emails) != 2 {
		t.Errorf("no longer separated: %+v, %v", change, err)
	}
	if open := linkertest.Column(t, db.Pool, "SELECT id FROM refusals WHERE closed_at IS NULL"); len(open) != 0 {
		t.Errorf("linked, and queued still: %v", open)
	}
	if _, err := l.Separate(t.Context(), 1, 2, "", false); identity.CodeOf(err) != identity.CodeContactsLinked {
		t.Errorf("separated in one cluster: %v", err)
	}
}

// Fails when a bound of the policy is not kept, or accepting does not lift it.
func TestPolicyBounds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		policy cluster.Policy
		last   identity.Observation
		want   identity.Reason
	}{
		"fuse, a new value":  {cluster.Policy{ClusterValues: 3}, linkertest.Saw("c@example.com", "111"), identity.ReasonFuse},
		"fuse, two clusters": {cluster.Policy{ClusterValues: 4}, linkertest.Saw("d@example.com", "111"), identity.ReasonFuse},
		"e-mails of a phone": {cluster.Policy{EmailsPerPhone: 2}, linkertest.Saw("c@example.com", "111"), identity.ReasonFanOut},
		"phones of an email": {cluster.Policy{PhonesPerEmail: 1}, linkertest.Saw("a@example.com", "333"), identity.ReasonFanOut},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := mysqltest.NewDB(t)
			l := linkertest.New(db.Pool, c.policy)
			linkertest.LinkOne(t, l, linkertest.Saw("a@example.com", "111"))
			linkertest.LinkOne(t, l, linkertest.Saw("b@example.com", "111"))
			linkertest.LinkOne(t, l, linkertest.Saw("d@example.com", "444"))
			got := linkertest.LinkOne(t, l, linkertest.Saw(c.last.Email, c.last.Phone))
			if !slices.Equal(codes(got), []identity.Reason{c.want}) || got.Emails[0] != c.last.Email {
				t.Errorf("%+v", got)
			}
			if _, err := l.Accept(t.Context(), linkertest.Column(t, db.Pool, "SELECT id FROM refusals")[0], false); err != nil {
				t.Fatal(err)
			}
			if got := linkertest.LinkOne(t, l, linkertest.Saw(c.last.Email, c.last.Phone)); got.Refused != nil || len(got.Emails)+len(got.Phones) < 3 {
				t.Errorf("accepted: %+v", got)
			}
		})
	}
}

// Fails when a blocked value links anyone, holds its old cluster together, or loses what it linked.
func TestBlock(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	l := linkertest.New(db.Pool, cluster.Policy{})
	linkertest.LinkOne(t, l, linkertest.Saw("a@example.com", "000"))
	linkertest.LinkOne(t, l, linkertest.Saw("b@example.com", "000"))
	linkertest.LinkOne(t, l, linkertest.Saw("c@example.com", "000"))
	linkertest.LinkOne(t, l, linkertest.Saw("c@example.com", "333"))
	dry, err := l.Block(t.Context(), linkertest.Saw("", "000"), "the counter", true)
	if err != nil || len(dry.After) != 4 || linkertest.LinkOne(t, l, linkertest.Saw("b@example.com", "")).PrimaryID != 1 {
		t.Errorf("dry run: %+v, %v", dry, err)
	}
	blocking, err := l.Block(t.Context(), linkertest.Saw("", "000"), "the counter", false)
	if err != nil || len(blocking.Before) != 1 || len(blocking.After) != 4 || blocking.Linking != 0 || blocking.Withheld != 3 {
		t.Errorf("%+v, %v", blocking, err)
	}
	if got := linkertest.LinkOne(t, l, linkertest.Saw("d@example.com", "000")); !slices.Equal(got.Emails, []string{"d@example.com"}) || len(got.Phones) != 0 ||
		!slices.Equal(codes(got), []identity.Reason{identity.ReasonBlocked}) {
		t.Errorf("a newcomer with it: %+v", got)
	}
	if got := linkertest.LinkOne(t, l, linkertest.Saw("", "000")); got.PrimaryID != 0 || !slices.Equal(codes(got), []identity.Reason{identity.ReasonBlocked}) {
		t.Errorf("it alone: %+v", got)
	}
	if got := linkertest.LinkOne(t, l, linkertest.Saw("c@example.com", "")); !slices.Equal(got.Phones, []string{"333"}) {
		t.Errorf("what else linked: %+v", got)
	}
	unblocking, err := l.Unblock(t.Context(), blocking.ID, false)
	if err != nil || unblocking.Withheld != 0 || len(unblocking.After) != 1 {
		t.Errorf("%+v, %v", unblocking, err)
	}
	if got := linkertest.LinkOne(t, l, linkertest.Saw("", "000")); len(got.Emails) != 4 || got.Refused != nil {
		t.Errorf("unblocked: %+v", got)
	}
}
