package linker_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker"
	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/mysqltest"
)

// Fails when the reference itself breaks a rule: everything else is compared with it.
func TestReferenceConforms(t *testing.T) {
	t.Parallel()
	linkertest.Run(t, func(*testing.T) linkertest.Subject {
		r := linkertest.NewReference(1)
		return linkertest.Subject{Linker: r, Rows: r.Rows}
	})
}

// Fails when the linker breaks a rule on a real server.
func TestLinkerConforms(t *testing.T) {
	t.Parallel()
	linkertest.Run(t, func(t *testing.T) linkertest.Subject {
		db := mysqltest.NewDB(t)
		return linkertest.Subject{
			Linker: linker.New(db.Pool, linker.Policy{}),
			Rows:   func() []linkertest.Row { return rows(t, db.Pool, 1) },
		}
	})
}

// Fails when a random sequence, cut into random slices, gives another answer, another row or
// another recorded pair than the reference.
func TestRandomSequencesMatchTheReference(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	l := linker.New(db.Pool, linker.Policy{})
	next, run := uint64(1), 0
	rapid.Check(t, func(rt *rapid.T) {
		run++ // a shrinking run starts on the same database: it needs values of its own
		first := next
		reference := linkertest.NewReference(first)
		for range rapid.IntRange(1, 12).Draw(rt, "slices") {
			slice := rapid.SliceOfN(drawObservation(run, 6), 1, 8).Draw(rt, "slice")
			want, _ := reference.Link(t.Context(), slice)
			got, err := l.Link(t.Context(), slice)
			next = first + uint64(len(reference.Rows()))
			if err != nil {
				rt.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				rt.Fatalf("answers (-reference +linker):\n%s", diff)
			}
			if diff := cmp.Diff(reference.Rows(), rows(t, db.Pool, first)); diff != "" {
				rt.Fatalf("contacts (-reference +linker):\n%s", diff)
			}
			if diff := cmp.Diff(reference.Pairs(), pairs(t, db.Pool, first)); diff != "" {
				rt.Fatalf("observations (-reference +linker):\n%s", diff)
			}
		}
	})
}

// drawObservation draws from few values, so that they meet.
func drawObservation(run, most int) *rapid.Generator[identity.Observation] {
	return rapid.Custom(func(rt *rapid.T) identity.Observation {
		e, p := rapid.IntRange(0, most).Draw(rt, "email"), rapid.IntRange(0, most).Draw(rt, "phone")
		if e == 0 && p == 0 {
			e = 1
		}
		return observation(run, e, p)
	})
}

// observation makes the values of one run; 0 stands for absent.
func observation(run, email, phone int) identity.Observation {
	var o identity.Observation
	if email != 0 {
		o.Email = fmt.Sprintf("e%d@run%d.example", email, run)
	}
	if phone != 0 {
		o.Phone = fmt.Sprintf("%d%06d", phone, run)
	}
	return o
}

// Fails when the partition depends on the order in which observations arrive.
func TestOrderDoesNotMatter(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	l := linker.New(db.Pool, linker.Policy{})
	const seed = 7
	random := rand.New(rand.NewPCG(seed, seed))
	var observations []identity.Observation
	for range 50 {
		observations = append(observations, observation(1, 1+random.IntN(60), 1+random.IntN(60)))
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
		stored := rows(t, db.Pool, 1)
		linkertest.CheckRows(t, stored)
		if diff := cmp.Diff(want, linkertest.Partition(stored)); diff != "" {
			t.Fatalf("run %d (-want +got):\n%s", run, diff)
		}
		empty(t, db.Pool)
	}
}
