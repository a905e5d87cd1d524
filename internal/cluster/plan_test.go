package cluster_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker/linkertest"
)

// memory is a linker whose database is a few slices: it carries out plans as package ledger does.
type memory struct {
	clock    time.Time
	contacts []cluster.Contact // the position is the id - 1
	records  []cluster.Record
}

func (m *memory) Link(_ context.Context, observations []identity.Observation) ([]identity.Cluster, error) {
	m.clock = m.clock.Add(time.Second)
	g := cluster.NewGraph()
	for _, c := range m.contacts {
		g.Insert(&cluster.Contact{ID: c.ID, Email: c.Email, Phone: c.Phone, LinkedID: c.LinkedID, CreatedAt: c.CreatedAt})
	}
	g.Connect()
	for _, r := range m.records {
		g.AddRecord(r)
	}
	p := cluster.NewPlan(g, cluster.Policy{}, observations)
	for _, c := range p.Added() {
		c.ID, c.CreatedAt = uint64(len(m.contacts)+1), c.CreatedSince(m.clock)
		if primary := c.Primary(); primary != nil {
			c.LinkedID = primary.ID
		}
		m.contacts = append(m.contacts, cluster.Contact{ID: c.ID, Email: c.Email, Phone: c.Phone, LinkedID: c.LinkedID, CreatedAt: c.CreatedAt})
	}
	for _, c := range p.Resolve().Moved {
		linked := c.Primary().ID
		if linked == c.ID {
			linked = 0
		}
		m.contacts[c.ID-1].LinkedID = linked
	}
	for _, r := range p.Records() {
		m.records = append(m.records, cluster.Record{ID: uint64(len(m.records) + 1), Pair: r.Pair(), SeenAt: m.clock})
	}
	return p.Answers(), nil
}

// rows lists the contacts by age.
func (m *memory) rows() []linkertest.Row {
	byAge := slices.SortedFunc(slices.Values(m.contacts), func(a, b cluster.Contact) int {
		return identity.Age{CreatedAt: a.CreatedAt, ID: a.ID}.Compare(identity.Age{CreatedAt: b.CreatedAt, ID: b.ID})
	})
	var rows []linkertest.Row
	for _, c := range byAge {
		rows = append(rows, linkertest.Row{ID: c.ID, Email: c.Email, Phone: c.Phone, LinkedID: c.LinkedID})
	}
	return rows
}

// Fails when planning breaks a rule of linking, whatever the database does.
func TestPlansConform(t *testing.T) {
	t.Parallel()
	linkertest.Run(t, linkertest.Dense(), func(*testing.T) linkertest.Subject {
		m := &memory{}
		return linkertest.Subject{Linker: m, Rows: m.rows}
	})
}

// Fails when an observation that comes twice in a slice keeps the reason that it had at first, although one
// between the two uses up the limit: one by one, the later reason is stored.
func TestRepeatedObservationIsDecidedAgain(t *testing.T) {
	t.Parallel()
	g := cluster.NewGraph()
	for _, c := range []cluster.Contact{{ID: 1, Email: "a@x.com"}, {ID: 2, Phone: "1001"}, {ID: 3, Email: "c@x.com"}} {
		g.Insert(&c)
	}
	g.Connect()
	g.AddSeparation(cluster.Separation{ContactID: 1, OtherID: 2})
	p := cluster.NewPlan(g, cluster.Policy{EmailsPerPhone: 1}, []identity.Observation{
		linkertest.Saw("a@x.com", "1001"), linkertest.Saw("c@x.com", "1001"), linkertest.Saw("a@x.com", "1001"),
	})
	var got []identity.Reason
	for _, r := range p.Records() {
		got = append(got, r.Withheld)
	}
	if diff := cmp.Diff([]identity.Reason{identity.ReasonFanOut, cluster.Linked}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Fails when random observations, in slices of any length, are planned into other clusters than those of
// the reference.
func TestRandomPlansMatchTheReference(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		m, reference := &memory{}, linkertest.NewReference(1)
		for range rapid.IntRange(1, 12).Draw(rt, "slices") {
			slice := rapid.SliceOfN(linkertest.DrawObservation(1, 6), 1, 8).Draw(rt, "slice")
			want, _ := reference.Link(t.Context(), slice)
			got, _ := m.Link(t.Context(), slice)
			if diff := cmp.Diff(want, got); diff != "" {
				rt.Fatalf("answers (-reference +plan):\n%s", diff)
			}
			if diff := cmp.Diff(reference.Rows(), m.rows()); diff != "" {
				rt.Fatalf("contacts (-reference +plan):\n%s", diff)
			}
		}
	})
}
