package lookup_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/feed"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/lookup"
	"github.com/identikit/identikit/internal/mysqltest"
	"github.com/identikit/identikit/internal/store"
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

// Fails when the history of contacts is shortened with the feed, when a contact is shown as linked to
// its present primary instead of the first one, or when one that took over a value is shown as if it
// had been observed.
func TestHistoryShowsOrigins(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	r := shop(t, db.Pool)
	link(t, db.Pool, cluster.Policy{}, saw("d@example.com", "1002", 0))
	// Contact 7 is as old as 1, of which it takes over the phone number.
	if _, err := linkertest.New(db.Pool, cluster.Policy{}).Retract(t.Context(), 1, "a test", false); err != nil {
		t.Fatal(err)
	}
	if n, err := feed.New(db.Pool).Trim(t.Context(), time.Now().Add(time.Hour)); err != nil || n == 0 {
		t.Fatalf("deleted %d events, %v", n, err)
	}
	got, next, err := r.History(t.Context(), 2, lookup.Page{Limit: 7})
	if err != nil || next == "" || len(got) != 7 {
		t.Fatalf("%v, next %q, %v", got, next, err)
	}
	rest, next, err := r.History(t.Context(), 2, lookup.Page{Limit: 7, After: next})
	if err != nil || next != "" {
		t.Fatalf("next %q, %v", next, err)
	}
	want := []lookup.Event{
		{Kind: "linked", ContactID: 2, PrimaryID: 1, At: day(2)},
		{Kind: "linked", ContactID: 3, PrimaryID: 1, At: day(3)},
		{Kind: "created", ContactID: 4, PrimaryID: 4, At: day(4)},
		{Kind: "linked", ContactID: 5, PrimaryID: 4, At: day(5)},
		{Kind: "merged", ContactID: 4, PrimaryID: 1, ObservationID: 6},
		{Kind: "divided", ContactID: 7, PrimaryID: 1, ObservationID: 1},
		{Kind: "split", ContactID: 7, PrimaryID: 1},
	}
	for _, id := range []uint64{2, 3, 4, 5} {
		want = append(want, lookup.Event{Kind: "moved", ContactID: id, PrimaryID: 7})
	}
	got = append(got, rest...)
	for i, e := range got {
		if !e.At.Before(day(31)) {
			got[i].At = time.Time{}
		}
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(lookup.Event{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Fails when the table cannot hold an event of some kind.
func TestHistoryOfEveryKind(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	r := shop(t, db.Pool)
	events := []identity.Event{}
	for _, kind := range []identity.EventKind{
		identity.EventMerged, identity.EventDemoted, identity.EventSplit, identity.EventMoved, identity.EventRefused,
		identity.EventRetracted, identity.EventRestored, identity.EventSeparated, identity.EventUnseparated, identity.EventBlocked,
		identity.EventUnblocked, identity.EventErased, identity.EventValueErased, identity.EventDivided,
	} {
		events = append(events, identity.Event{Kind: kind, ContactID: 99, PrimaryID: 4, ObservationID: uint64(len(events))})
	}
	if err := store.New(db.Pool).InsertHistory(t.Context(), events, nil); err != nil {
		t.Fatal(err)
	}
	got := pages(t, 2, func(p lookup.Page) ([]lookup.Event, string, error) { return r.History(t.Context(), 4, p) })
	want := []lookup.Event{{Kind: "created", ContactID: 4, PrimaryID: 4}, {Kind: "linked", ContactID: 5, PrimaryID: 4}}
	for _, e := range events {
		want = append(want, lookup.Event{Kind: string(e.Kind), ContactID: 99, PrimaryID: 4, ObservationID: e.ObservationID})
	}
	if diff := cmp.Diff(want, got, withoutTimes()); diff != "" {
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
		`INSERT INTO history (id, kind, contact_id, primary_id, observation_id, created_at) VALUES
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
