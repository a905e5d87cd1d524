package linker_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/feed"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/mysqltest"
)

// setSizes returns the sizes of the change sets after the first so many, by id.
func setSizes(t *testing.T, db *mysqltest.DB, after int) []uint64 {
	t.Helper()
	return linkertest.Column(t, db.Pool, "SELECT size FROM change_sets ORDER BY id")[after:]
}

// Fails when a transaction writes a row for each event, or one although it has no event.
func TestOneChangeSetForEachLink(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	l := linkertest.New(db.Pool, cluster.Policy{ClusterValues: 5})
	group := []identity.Observation{
		linkertest.Saw("a@x.com", "1001"), linkertest.Saw("b@x.com", "1001"), linkertest.Saw("c@x.com", "1002"), linkertest.Saw("a@x.com", "1002"), linkertest.Saw("d@x.com", "1001"),
	}
	for range 2 { // again without a change
		if _, err := l.Link(t.Context(), group); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]uint64{5}, setSizes(t, db, 0)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	linkertest.LinkOne(t, l, linkertest.Saw("e@x.com", "1009"))
	linkertest.LinkOne(t, l, linkertest.Saw("f@x.com", "1009"))
	if diff := cmp.Diff([]uint64{1, 1}, setSizes(t, db, 1)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Fails when the events of a large transaction are lost, or stored in a row that grows without limit.
func TestManyEventsAreSeveralSets(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	l := linkertest.Open(t, db.Config)
	const n, most = 2500, 1000
	var many []identity.Observation
	for i := range n {
		many = append(many, linkertest.Saw(fmt.Sprintf("e%d@x.com", i), ""))
	}
	if _, err := l.Import(t.Context(), many); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]uint64{most, most, n - 2*most}, setSizes(t, db, 0)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var got []uint64
	for len(got) < n {
		events, err := feed.New(db.Pool).Read(t.Context(), uint64(len(got)), feed.MaxRead)
		if err != nil || len(events) == 0 {
			t.Fatalf("after %d: %d events, %v", len(got), len(events), err)
		}
		for _, e := range events {
			got = append(got, e.ContactID)
		}
	}
	if want := linkertest.Column(t, db.Pool, "SELECT id FROM contacts ORDER BY id"); !slices.Equal(got, want) {
		t.Errorf("the feed tells of %d contacts from %d to %d", len(got), got[0], got[len(got)-1])
	}
}
