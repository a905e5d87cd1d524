package linker_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/mysqltest"
)

// Fails when the reference itself breaks a rule: everything else is compared with it.
func TestReferenceConforms(t *testing.T) {
	t.Parallel()
	linkertest.Run(t, linkertest.Dense(), func(*testing.T) linkertest.Subject {
		r := linkertest.NewReference(1)
		return linkertest.Subject{Linker: r, Rows: r.Rows}
	})
}

// Fails when the linker breaks a rule on a real server, or on one of several that accept writes.
func TestLinkerConforms(t *testing.T) {
	t.Parallel()
	for _, ids := range linkertest.Numberings() {
		t.Run(ids.String(), func(t *testing.T) {
			t.Parallel()
			linkertest.Run(t, ids, func(t *testing.T) linkertest.Subject {
				db := mysqltest.NewDB(t)
				return linkertest.Subject{
					Linker: linkertest.New(ids.Open(t, db), cluster.Policy{}),
					Rows:   func() []linkertest.Row { return linkertest.Rows(t, db.Pool, 1) },
				}
			})
		})
	}
}

// Fails when a random sequence, cut into random slices, gives another answer, another row or
// another recorded pair than the reference.
func TestRandomSequencesMatchTheReference(t *testing.T) {
	t.Parallel()
	stages, run := linkertest.Stages(t), 0
	rapid.Check(t, func(rt *rapid.T) {
		run++ // a shrinking run starts on the same database: it needs values of its own
		on := stages[rapid.IntRange(0, len(stages)-1).Draw(rt, "stage")]
		db, l := on.DB, linkertest.New(on.Own, cluster.Policy{})
		first, reference := on.First, linkertest.NewReferenceWith(on.IDs)
		defer func() { on.IDs = on.After(on.Nth(uint64(len(reference.Rows())))) }()
		for range rapid.IntRange(1, 12).Draw(rt, "slices") {
			slice := rapid.SliceOfN(linkertest.DrawObservation(run, 6), 1, 8).Draw(rt, "slice")
			want, _ := reference.Link(t.Context(), slice)
			got, err := l.Link(t.Context(), slice)
			if err != nil {
				rt.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				rt.Fatalf("answers (-reference +linker):\n%s", diff)
			}
			if diff := cmp.Diff(reference.Rows(), linkertest.Rows(t, db.Pool, first)); diff != "" {
				rt.Fatalf("contacts (-reference +linker):\n%s", diff)
			}
			if diff := cmp.Diff(reference.Pairs(), linkertest.Pairs(t, db.Pool, first)); diff != "" {
				rt.Fatalf("observations (-reference +linker):\n%s", diff)
			}
		}
	})
}

// Fails when the partition depends on the order in which observations arrive.
func TestOrderDoesNotMatter(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	l := linkertest.New(db.Pool, cluster.Policy{})
	const seed = 7
	random := rand.New(rand.NewPCG(seed, seed))
	var observations []identity.Observation
	for range 50 {
		observations = append(observations, linkertest.Numbered(1, 1+random.IntN(60), 1+random.IntN(60)))
	}
	reference := linkertest.NewReference(1)
	reference.Learn(observations)
	want := linkertest.Partition(reference.Rows())
	if len(want) < 3 {
		t.Fatalf("only %d clusters: this seed tests nothing", len(want))
	}
	for run := range 10 {
		random.Shuffle(len(observations), func(i, j int) {
			observations[i], observations[j] = observations[j], observations[i]
		})
		for slice := range slices.Chunk(observations, 1+run) {
			if _, err := l.Link(t.Context(), slice); err != nil {
				t.Fatal(err)
			}
		}
		stored := linkertest.Rows(t, db.Pool, 1)
		linkertest.CheckRows(t, stored)
		if diff := cmp.Diff(want, linkertest.Partition(stored)); diff != "" {
			t.Fatalf("run %d (-want +got):\n%s", run, diff)
		}
		linkertest.Empty(t, db.Pool)
	}
}
