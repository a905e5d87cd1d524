package linker_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/mysqltest"
)

const fleetSize = 4

// fleet is several linkers, each with a pool of its own, on one database that holds thousands of
// contacts; and the reference that saw the same.
type fleet struct {
	db        *mysqltest.DB
	linkers   []linkertest.Linker
	reference *linkertest.Reference
}

// TestRaces runs every race over linkers that work one request at a time, and over lanes. The lanes get the
// ids of different nodes, as in a group where each accepts writes.
func TestRaces(t *testing.T) {
	t.Parallel()
	for kind, open := range map[string]func(t testing.TB, db *mysqltest.DB, node uint64) linkertest.Linker{
		"linkers": func(t testing.TB, db *mysqltest.DB, _ uint64) linkertest.Linker { return linkertest.Open(t, db.Config) },
		"lanes": func(t testing.TB, db *mysqltest.DB, node uint64) linkertest.Linker {
			return linkertest.OpenLanes(t, linkertest.OfNode(node).Config(t, db))
		},
	} {
		for name, race := range map[string]func(*testing.T, *fleet){
			"identical newcomers are one contact":    identicalNewcomers,
			"crosswise merges leave one primary":     crosswiseMerges,
			"newcomers on one phone share a primary": newcomersOnOnePhone,
			"chain of clusters joined at once":       chainOfClusters,
			"flood over few values":                  floodOverFewValues,
		} {
			t.Run(kind+"/"+name, func(t *testing.T) {
				t.Parallel()
				f := &fleet{db: mysqltest.NewDB(t), reference: linkertest.NewReference(1)}
				for node := range uint64(fleetSize) {
					f.linkers = append(f.linkers, open(t, f.db, 1+node))
				}
				f.seed(t)
				race(t, f)
			})
		}
	}
}

func (f *fleet) seed(t *testing.T) {
	t.Helper()
	linkertest.Seed(t, f.linkers[0], linkertest.SeedSize)
	f.reference.Learn(linkertest.Seeds(0, linkertest.SeedSize))
}

// link links one observation after the other, for what must be there before a race.
func (f *fleet) link(t *testing.T, observations ...identity.Observation) {
	t.Helper()
	f.reference.Learn(observations)
	for _, o := range observations {
		if _, err := f.linkers[0].Link(t.Context(), []identity.Observation{o}); err != nil {
			t.Fatal(err)
		}
	}
}

// race links all slices at once, over all linkers. Every one must succeed.
func (f *fleet) race(t *testing.T, slices ...[]identity.Observation) []identity.Cluster {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var group sync.WaitGroup
	start := make(chan struct{})
	last := make([]identity.Cluster, len(slices))
	for i, slice := range slices {
		group.Go(func() {
			<-start
			clusters, err := f.linkers[i%fleetSize].Link(ctx, slice)
			if err != nil {
				t.Errorf("slice %d: %v", i, err)
				return
			}
			last[i] = clusters[len(clusters)-1]
		})
	}
	close(start)
	group.Wait()
	for _, slice := range slices {
		f.reference.Learn(slice)
	}
	return last
}

// check compares what is stored with the invariants and with the reference, and returns how many
// contacts and primaries the race added.
func (f *fleet) check(t *testing.T) (contacts, primaries int) {
	t.Helper()
	stored := linkertest.Rows(t, f.db.Pool, 1)
	linkertest.CheckRows(t, stored)
	if diff := cmp.Diff(linkertest.Partition(f.reference.Rows()), linkertest.Partition(stored)); diff != "" {
		t.Errorf("partition (-reference +linkers):\n%s", diff)
	}
	for _, r := range stored {
		if r.LinkedID == 0 {
			primaries++
		}
	}
	return len(stored) - linkertest.SeedSize, primaries - linkertest.SeedSize
}

// each makes n slices of one observation.
func each(n int, one func(i int) identity.Observation) [][]identity.Observation {
	var all [][]identity.Observation
	for i := range n {
		all = append(all, []identity.Observation{one(i)})
	}
	return all
}

// Fails when newcomers with the same values do not find each other.
func identicalNewcomers(t *testing.T, f *fleet) {
	t.Helper()
	f.race(t, each(50, func(int) identity.Observation { return linkertest.Saw("new@example.com", "123456") })...)
	if contacts, primaries := f.check(t); contacts != 1 || primaries != 1 {
		t.Errorf("%d contacts, %d primaries; want 1 and 1", contacts, primaries)
	}
}

// Fails when crosswise merges deadlock for good, leave two primaries or add a contact.
func crosswiseMerges(t *testing.T, f *fleet) {
	t.Helper()
	f.link(t, linkertest.Saw("a@example.com", "1001"), linkertest.Saw("b@example.com", "1002"))
	f.race(t, each(20, func(i int) identity.Observation {
		if i%2 == 0 {
			return linkertest.Saw("a@example.com", "1002")
		}
		return linkertest.Saw("b@example.com", "1001")
	})...)
	if contacts, primaries := f.check(t); contacts != 2 || primaries != 1 {
		t.Errorf("%d contacts, %d primaries; want 2 and 1", contacts, primaries)
	}
}

// Fails when newcomers that share only one value do not end under one primary, or when one of
// them was told another.
func newcomersOnOnePhone(t *testing.T, f *fleet) {
	t.Helper()
	answers := f.race(t, each(30, func(i int) identity.Observation {
		return linkertest.Saw(fmt.Sprintf("new%d@example.com", i), "123456")
	})...)
	if contacts, primaries := f.check(t); contacts != 30 || primaries != 1 {
		t.Errorf("%d contacts, %d primaries; want 30 and 1", contacts, primaries)
	}
	for _, a := range answers {
		if a.PrimaryID != answers[0].PrimaryID {
			t.Errorf("told primary %d and %d", answers[0].PrimaryID, a.PrimaryID)
		}
	}
}

// Fails when a merge overtakes another that moved its root: eight clusters are joined link by
// link, all links at once, several times each.
func chainOfClusters(t *testing.T, f *fleet) {
	t.Helper()
	const length = 8
	email := func(i int) string { return fmt.Sprintf("chain%d@example.com", i) }
	phone := func(i int) string { return fmt.Sprintf("20%02d", i) }
	for i := range length {
		f.link(t, linkertest.Saw(email(i), phone(i)))
	}
	f.race(t, each(3*(length-1), func(i int) identity.Observation {
		i %= length - 1
		return linkertest.Saw(email(i), phone(i+1))
	})...)
	if contacts, primaries := f.check(t); contacts != length || primaries != 1 {
		t.Errorf("%d contacts, %d primaries; want %d and 1", contacts, primaries, length)
	}
}

// Fails when anything goes wrong under a flood over few values: newcomers, links and merges, one
// by one and in slices that hold each other's values.
func floodOverFewValues(t *testing.T, f *fleet) {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	draw := func() identity.Observation {
		o := linkertest.Numbered(1, random.IntN(120), random.IntN(120))
		if o == (identity.Observation{}) {
			o.Email = "e1@run1.example"
		}
		return o
	}
	for range 10 {
		var slices [][]identity.Observation
		for i := range 40 {
			slice := []identity.Observation{draw()}
			if i%4 == 0 {
				for range random.IntN(10) {
					slice = append(slice, draw())
				}
			}
			slices = append(slices, slice)
		}
		f.race(t, slices...)
	}
	f.check(t)
}
