package lookup_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/lookup"
	"github.com/identikit/identikit/internal/mysqltest"
)

// withoutTimes ignores the times of events.
func withoutTimes() cmp.Options {
	return cmp.Options{cmpopts.IgnoreFields(lookup.Event{}, "At"), cmpopts.IgnoreUnexported(lookup.Event{})}
}

// Fails when the history of a cluster misses or repeats a step, or has another order: two customers
// are created, one gets a second e-mail address, they merge, and an observation is refused.
func TestHistory(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	r := lookup.New(db.Pool)
	fuse := cluster.Policy{ClusterValues: 5}
	for _, o := range []identity.Observation{
		saw("a@example.com", "1001", 0), saw("b@example.com", "1002", 0), saw("c@example.com", "1002", 0),
		saw("a@example.com", "1002", 0), saw("x@example.com", "1009", 0), saw("x@example.com", "1001", 0),
	} {
		link(t, db.Pool, fuse, o)
	}
	want := []lookup.Event{
		{Kind: "created", ContactID: 1, PrimaryID: 1},
		{Kind: "created", ContactID: 2, PrimaryID: 2},
		{Kind: "linked", ContactID: 3, PrimaryID: 2},
		{Kind: "merged", ContactID: 2, PrimaryID: 1, ObservationID: 4},
		{Kind: "refused", ContactID: 1, PrimaryID: 4, ObservationID: 6},
	}
	for _, size := range []int32{1, 2, 5, 100} {
		got := pages(t, size, func(p lookup.Page) ([]lookup.Event, string, error) { return r.History(t.Context(), 3, p) })
		if diff := cmp.Diff(want, got, withoutTimes()); diff != "" {
			t.Errorf("in pages of %d (-want +got):\n%s", size, diff)
		}
		if !slices.IsSortedFunc(got, func(a, b lookup.Event) int { return a.At.Compare(b.At) }) {
			t.Errorf("not oldest first: %v", got)
		}
	}
	got, _, err := r.History(t.Context(), 4, lookup.Page{Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	other := []lookup.Event{{Kind: "created", ContactID: 4, PrimaryID: 4}, {Kind: "refused", ContactID: 1, PrimaryID: 4, ObservationID: 6}}
	if diff := cmp.Diff(other, got, withoutTimes()); diff != "" {
		t.Errorf("of the other (-want +got):\n%s", diff)
	}
}

// Fails when contacts older than the oldest event have no history, or one that contradicts what is
// known: a contact that was absorbed had been a primary.
func TestHistoryOfOldContacts(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	r := shop(t, db.Pool)
	exec(t, db.Pool, "DELETE FROM events")
	link(t, db.Pool, cluster.Policy{}, saw("d@example.com", "1002", 0))
	got, next, err := r.History(t.Context(), 1, lookup.Page{Limit: 6})
	if err != nil || next != "" {
		t.Fatalf("next %q, %v", next, err)
	}
	want := []lookup.Event{
		{Kind: "created", ContactID: 1, PrimaryID: 1, At: day(1)},
		{Kind: "linked", ContactID: 2, PrimaryID: 1, At: day(2)},
		{Kind: "linked", ContactID: 3, PrimaryID: 1, At: day(3)},
		{Kind: "created", ContactID: 4, PrimaryID: 4, At: day(4)},
		{Kind: "linked", ContactID: 5, PrimaryID: 1, At: day(5)},
		{Kind: "merged", ContactID: 4, PrimaryID: 1, ObservationID: 6, At: got[len(got)-1].At},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(lookup.Event{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Fails when events with the same time get lost between two pages, when a split is shown on one
// side only, or when events of other clusters are shown.
func TestHistoryOfASplit(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	r := shop(t, db.Pool)
	exec(t, db.Pool,
		"UPDATE observations SET withheld = 'retracted', withheld_at = '2020-01-09' WHERE id = 3",
		"UPDATE contacts SET linked_id = NULL, link_precedence = 'primary' WHERE id = 3",
		"DELETE FROM events WHERE id = 1", // so that an event can have a smaller id than its contact
		`INSERT INTO events (id, kind, contact_id, primary_id, observation_id, created_at) VALUES
			(1, 'unblocked', 2, 1, NULL, '2020-01-02 01:02:03.000004'), (101, 'retracted', 3, 1, 3, '2020-01-09'), (102, 'split', 3, 1, 3, '2020-01-09'),
			(103, 'blocked', 3, 3, NULL, '2020-01-02 01:02:03.000004'), (104, 'separated', 2, 5, NULL, '2020-01-09'),
			(105, 'erased', 6, 6, NULL, '2020-01-09')`,
	)
	at := time.Date(2020, 1, 9, 0, 0, 0, 0, time.UTC)
	retracted := lookup.Event{Kind: "retracted", ContactID: 3, PrimaryID: 1, ObservationID: 3, At: at}
	split := lookup.Event{Kind: "split", ContactID: 3, PrimaryID: 1, ObservationID: 3, At: at}
	for id, want := range map[uint64][]lookup.Event{
		1: {
			{Kind: "created", ContactID: 1, PrimaryID: 1, At: day(1)},
			{Kind: "linked", ContactID: 2, PrimaryID: 1, At: day(2)},
			{Kind: "unblocked", ContactID: 2, PrimaryID: 1, At: day(2)},
			retracted, split, {Kind: "separated", ContactID: 2, PrimaryID: 5, At: at},
		},
		3: {
			{Kind: "blocked", ContactID: 3, PrimaryID: 3, At: day(2)},
			{Kind: "linked", ContactID: 3, PrimaryID: 1, At: day(3)},
			retracted, split,
		},
	} {
		for _, size := range []int32{1, 2, 3, 9} {
			got := pages(t, size, func(p lookup.Page) ([]lookup.Event, string, error) { return r.History(t.Context(), id, p) })
			if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(lookup.Event{})); diff != "" {
				t.Errorf("of %d in pages of %d (-want +got):\n%s", id, size, diff)
			}
		}
	}
}
