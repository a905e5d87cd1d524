// Package statistics counts what becomes of observations, over all processes of a database, and reads how the
// service is doing: the observations of the last hour, the queue of refusals, and the lag of the feed. It has
// counts only, no values.
package statistics

import (
	"sync/atomic"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
)

// Outcomes is the number of observations of requests to identify by what became of them. Each observation has
// one outcome.
type Outcomes struct {
	Known   int // nothing that its cluster lacked
	Created int // a new cluster
	Linked  int // a new value in a known cluster
	Merged  int // two clusters became one
	Refused int // at least one of its values was not linked
}

// OutcomesOf returns the outcomes of observations that were linked together, from the counts of their plan
// and their answers. What the plan does not count as new and the answer does not refuse was known.
func OutcomesOf(c cluster.Counts, answers []identity.Cluster) Outcomes {
	o := Outcomes{Created: c.Created, Linked: c.Linked, Merged: c.Merged}
	for i := range answers {
		if len(answers[i].Refused) > 0 {
			o.Refused++
		}
	}
	o.Known = len(answers) - o.Created - o.Linked - o.Merged - o.Refused
	return o
}

// IsZero reports whether there are no observations.
func (o Outcomes) IsZero() bool { return o == Outcomes{} }

// Plus returns the sum.
func (o Outcomes) Plus(p Outcomes) Outcomes {
	return Outcomes{o.Known + p.Known, o.Created + p.Created, o.Linked + p.Linked, o.Merged + p.Merged, o.Refused + p.Refused}
}

// tally is outcomes that are being counted. It is safe for concurrent use. To add takes one atomic operation
// for each outcome that there is, and no memory.
type tally struct{ known, created, linked, merged, refused atomic.Int64 }

func (t *tally) add(o Outcomes) {
	add(&t.known, o.Known)
	add(&t.created, o.Created)
	add(&t.linked, o.Linked)
	add(&t.merged, o.Merged)
	add(&t.refused, o.Refused)
}

func add(to *atomic.Int64, n int) {
	if n != 0 {
		to.Add(int64(n))
	}
}

// take returns what was counted, and begins from 0.
func (t *tally) take() Outcomes {
	return Outcomes{
		Known: int(t.known.Swap(0)), Created: int(t.created.Swap(0)), Linked: int(t.linked.Swap(0)),
		Merged: int(t.merged.Swap(0)), Refused: int(t.refused.Swap(0)),
	}
}
