package linker

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/store"
)

// readRecorded asks for the pairs whose two values stand in two contacts. Two values in one contact
// came together (when, matters only to what was seen in the past).
func (g *graph) readRecorded(ctx context.Context, q *store.Queries, observations []identity.Observation) error {
	var ask []store.Pair
	for _, o := range observations {
		e, p := g.byEmail[o.Email], g.byPhone[o.Phone]
		if e != nil && p != nil && (e != p || !o.SeenAt.IsZero()) {
			ask = append(ask, store.Pair{EmailContactID: e.id, PhoneContactID: p.id})
		}
	}
	if len(ask) == 0 {
		return nil
	}
	// In the order of the index: the server then has nothing to sort in a long list.
	slices.SortFunc(ask, func(a, b store.Pair) int {
		return cmp.Or(cmp.Compare(a.EmailContactID, b.EmailContactID), cmp.Compare(a.PhoneContactID, b.PhoneContactID))
	})
	found, err := store.InChunks(slices.Compact(ask), func(chunk []store.Pair) ([]store.FoundObservation, error) {
		return q.FindObservations(ctx, chunk)
	})
	g.recorded = make(map[store.Pair]store.FoundObservation, len(found))
	for _, o := range found {
		g.recorded[o.Pair] = o
	}
	return err
}

// readFanOut counts with how many others the values of contacts came.
func (g *graph) readFanOut(ctx context.Context, q *store.Queries, ids []uint64) error {
	counted, err := store.InChunks(ids, func(chunk []uint64) ([]store.CountFanOutRow, error) {
		return q.CountFanOut(ctx, store.CountFanOutParams{EmailContactIds: chunk, PhoneContactIds: chunk})
	})
	for _, n := range counted {
		if c := g.byID[n.ContactID]; n.OfEmail != 0 {
			c.phones = int(n.Observations)
		} else {
			c.emails = int(n.Observations)
		}
	}
	return err
}

// readSeparations asks who among the members of the graph must stay apart.
func (g *graph) readSeparations(ctx context.Context, q *store.Queries) (err error) {
	var ids []uint64
	for _, c := range g.byID {
		if c.separated {
			ids = append(ids, c.id)
		}
	}
	if len(ids) < 2 {
		return nil
	}
	slices.Sort(ids)
	found, err := store.InChunks(ids, func(chunk []uint64) ([]store.ListSeparationsFromRow, error) {
		return q.ListSeparationsFrom(ctx, chunk)
	})
	for _, s := range found {
		if g.byID[s.OtherContactID] != nil {
			g.separations = append(g.separations, s)
		}
	}
	return err
}

// apart tells whether somebody of one cluster was separated from somebody of the other.
func (g *graph) apart(a, b *cluster) bool {
	return slices.ContainsFunc(g.separations, func(s store.ListSeparationsFromRow) bool {
		one, other := g.byID[s.ContactID].cluster, g.byID[s.OtherContactID].cluster
		return one == a && other == b || one == b && other == a
	})
}

// stands tells what is recorded of a pair: nothing, or that it links (""), or why it does not.
func (g *graph) stands(o pair) (since time.Time, reason identity.Reason, recorded bool) {
	found, recorded := g.recorded[store.Pair{EmailContactID: o.email.id, PhoneContactID: o.phone.id}]
	if !recorded && o.email == o.phone && o.email.id != 0 {
		return o.email.createdAt, "", true
	}
	return found.SeenAt, found.Withheld, recorded
}

// queued tells whether a recorded pair that does not link is, or was, in the queue of refusals.
func (g *graph) queued(o pair) bool {
	return g.recorded[store.Pair{EmailContactID: o.email.id, PhoneContactID: o.phone.id}].Queued
}

// known returns the answer to an observation that adds nothing to what is stored; false for any
// other.
func (g *graph) known(o identity.Observation) (answer, bool) {
	e, ph := g.byEmail[o.Email], g.byPhone[o.Phone]
	switch {
	case o.Email != "" && e == nil, o.Phone != "" && ph == nil, !o.SeenAt.IsZero():
		return answer{}, false
	case o.Email == "" || o.Phone == "":
		return answerOf(e, ph, ""), true
	}
	_, reason, recorded := g.stands(pair{e, ph})
	if !recorded || reason == "" && e.cluster != ph.cluster || reason != "" && !g.queued(pair{e, ph}) {
		return answer{}, false
	}
	if reason == identity.ReasonSeparated {
		return answer{}, false // whether they still are is known under the locks
	}
	return answerOf(e, ph, reason), true
}

// seen lists where the values of the observation stand.
func (g *graph) seen(o identity.Observation) []match {
	var matches []match
	for _, c := range []*contact{g.byEmail[o.Email], g.byPhone[o.Phone]} {
		if c == nil {
			continue
		}
		root := c.linkedID
		if root == 0 {
			root = c.id
		}
		matches = append(matches, match{c.id, root})
	}
	return matches
}
