package correction_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/correction"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/mysqltest"
	"github.com/identikit/identikit/internal/suppression"
)

func withheld(reason identity.Reason, state correction.RefusalState, email, phone string) correction.Withheld {
	return correction.Withheld{Observation: linkertest.Saw(email, phone), Reason: reason, Refusal: state}
}

// withhold returns the codes of the errors, "" for none.
func withhold(t *testing.T, l *linkertest.System, observations ...correction.Withheld) (codes []identity.Code) {
	t.Helper()
	refused, err := l.Withhold(t.Context(), observations)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range refused {
		codes = append(codes, identity.CodeOf(err))
	}
	return codes
}

// Fails when Withhold links two values, overrides what is recorded, leaves together what was
// retracted, loses or replaces the reason of a retraction, or reopens a refusal.
func TestWithhold(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	l := linkertest.New(db.Pool, cluster.Policy{}, make(suppression.Key, suppression.MinKey))
	linkertest.LinkOne(t, l, linkertest.Saw("a@x.com", "1001")) // one contact
	linkertest.LinkOne(t, l, linkertest.Saw("b@x.com", "1002"))
	linkertest.LinkOne(t, l, linkertest.Saw("c@x.com", "1002"))
	linkertest.LinkOne(t, l, linkertest.Saw("gone@x.com", ""))
	if _, err := l.EraseValue(t.Context(), linkertest.Saw("gone@x.com", ""), true, false); err != nil {
		t.Fatal(err)
	}
	all := []correction.Withheld{
		withheld(identity.ReasonFuse, correction.Open, "a@x.com", "1002"),
		withheld(identity.ReasonFuse, correction.Open, "a@x.com", "1002"), // twice
		withheld(identity.ReasonFuse, correction.Dismissed, "new@x.com", "1003"),
		withheld(identity.ReasonRetracted, correction.NotQueued, "a@x.com", "1001"),
		withheld(identity.ReasonFuse, correction.Open, "b@x.com", "1002"),
		withheld(identity.ReasonBlocked, correction.NotQueued, "c@x.com", "1002"),
		withheld(identity.ReasonRetracted, correction.NotQueued, "gone@x.com", "1004"),
	}
	all[3].Why = "not his phone"
	retracted := withheld(identity.ReasonRetracted, correction.NotQueued, "d@x.com", "1001")
	retracted.Why = "lent"
	all = append(all, retracted)
	for range 2 { // again without a change
		want := []identity.Code{"", "", "", "", identity.CodeContactsLinked, "", identity.CodeValueErased, ""}
		if diff := cmp.Diff(want, withhold(t, l, all...)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		checkWithheld(t, db)
		all[3].Why, all[7].Why = "another reason", ""
	}
	if codes := withhold(t, l, all[6]); codes[0] != identity.CodeValueErased {
		t.Errorf("an erased value alone: %v", codes)
	}
	answer := linkertest.LinkOne(t, l, linkertest.Saw("a@x.com", "1001"))
	if len(answer.Refused) != 1 || answer.Refused[0].Code != identity.ReasonRetracted {
		t.Errorf("the retracted links again: %+v", answer)
	}
}

func checkWithheld(t *testing.T, db *mysqltest.DB) {
	t.Helper()
	stored := linkertest.Rows(t, db.Pool, 1)
	linkertest.CheckRows(t, stored)
	want := []string{"1001", "1002 b@x.com c@x.com", "1003", "1004", "a@x.com", "d@x.com", "new@x.com"}
	if diff := cmp.Diff(want, linkertest.Partition(stored)); diff != "" {
		t.Errorf("customers (-want +got):\n%s", diff)
	}
	refusals := linkertest.Query(t, db.Pool, `SELECT CONCAT_WS(' ', e.email, p.phone_number, o.withheld,
		IF(r.id IS NULL, 'unqueued', COALESCE(r.resolution, 'open')), w.reason)
		FROM observations AS o JOIN contacts AS e ON e.id = o.email_contact_id JOIN contacts AS p ON p.id = o.phone_contact_id
		LEFT JOIN refusals AS r ON r.observation_id = o.id LEFT JOIN retractions AS w ON w.observation_id = o.id
		WHERE o.withheld IS NOT NULL AND o.id > ? ORDER BY o.id`, 0,
		func(s *string) []any { return []any{s} })
	want = []string{
		"a@x.com 1001 retracted unqueued not his phone", "a@x.com 1002 fuse open", "new@x.com 1003 fuse dismissed",
		"d@x.com 1001 retracted unqueued lent",
	}
	if diff := cmp.Diff(want, refusals); diff != "" {
		t.Errorf("withheld (-want +got):\n%s", diff)
	}
	events := linkertest.Query(t, db.Pool, "SELECT CONCAT(kind, ' ', COUNT(*)) FROM history WHERE kind IN ('refused', 'retracted') AND id > ? GROUP BY kind", 0,
		func(s *string) []any { return []any{s} })
	if diff := cmp.Diff([]string{"refused 2", "retracted 2"}, events); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// Fails when a retraction that comes from elsewhere loses against a request that links the same two
// values at the same time, or when one of the two fails.
func TestWithholdBesideLinking(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	one, other := linkertest.Open(t, db.Config), linkertest.Open(t, db.Config)
	const pairs = 60
	var group sync.WaitGroup
	for i := range pairs {
		o := linkertest.Saw(fmt.Sprintf("e%d@x.com", i), fmt.Sprintf("10%03d", i))
		linkertest.LinkOne(t, one, linkertest.Saw(o.Email, ""))
		linkertest.LinkOne(t, one, linkertest.Saw("", o.Phone))
		start := make(chan struct{})
		group.Go(func() {
			<-start
			if _, err := one.Link(t.Context(), []identity.Observation{o}); err != nil {
				t.Errorf("link %d: %v", i, err)
			}
		})
		group.Go(func() {
			<-start
			refused, err := other.Withhold(t.Context(), []correction.Withheld{{Observation: o, Reason: identity.ReasonRetracted}})
			if err != nil || refused[0] != nil {
				t.Errorf("withhold %d: %v %v", i, refused, err)
			}
		})
		close(start)
		group.Wait()
	}
	stored := linkertest.Rows(t, db.Pool, 1)
	linkertest.CheckRows(t, stored)
	if got := len(linkertest.Partition(stored)); got != 2*pairs {
		t.Errorf("%d customers, want %d", got, 2*pairs)
	}
}

// Fails when two values are separated twice, or when those that nobody holds are left out.
func TestSeparateValues(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	l := linkertest.New(db.Pool, cluster.Policy{})
	linkertest.LinkOne(t, l, linkertest.Saw("a@x.com", "1001"))
	for range 2 {
		if err := l.SeparateValues(t.Context(), linkertest.Saw("", "1001"), linkertest.Saw("new@x.com", ""), "why"); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.SeparateValues(t.Context(), linkertest.Saw("", "1001"), linkertest.Saw("a@x.com", ""), "why"); identity.CodeOf(err) != identity.CodeInvalidRequest {
		t.Errorf("a contact from itself: %v", err)
	}
	answer := linkertest.LinkOne(t, l, linkertest.Saw("new@x.com", "1001"))
	if len(answer.Refused) != 1 || answer.Refused[0].Code != identity.ReasonSeparated {
		t.Errorf("the separated link: %+v", answer)
	}
	events := linkertest.Query(t, db.Pool, "SELECT id FROM history WHERE kind = 'separated' AND id > ?", 0, func(id *uint64) []any { return []any{id} })
	if len(events) != 2 {
		t.Errorf("%d events, want one for each contact", len(events))
	}
}
