package linker

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/store"
)

// readRecorded reads the recorded pairs among the observations. A pair whose two values are in one
// contact is known to be recorded; it is read only for its time.
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
	// In the order of the index, so that the server need not sort a long list.
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

// readFanOut counts the observations of the values of contacts.
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

// readSeparations reads the separations between contacts of the graph.
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

// areSeparated reports whether a contact of one cluster was separated from a contact of the other.
func (g *graph) areSeparated(a, b *cluster) bool {
	return slices.ContainsFunc(g.separations, func(s store.ListSeparationsFromRow) bool {
		one, other := g.byID[s.ContactID].cluster, g.byID[s.OtherContactID].cluster
		return one == a && other == b || one == b && other == a
	})
}

// recordOf returns whether a pair is recorded, since when, and why it does not link, "" if it does.
func (g *graph) recordOf(o pair) (since time.Time, reason identity.Reason, recorded bool) {
	found, recorded := g.recorded[store.Pair{EmailContactID: o.email.id, PhoneContactID: o.phone.id}]
	if !recorded && o.email == o.phone && o.email.id != 0 {
		return o.email.createdAt, "", true
	}
	return found.SeenAt, found.Withheld, recorded
}

// hasRefusal reports whether a recorded pair is, or was, in the queue of refusals.
func (g *graph) hasRefusal(o pair) bool {
	return g.recorded[store.Pair{EmailContactID: o.email.id, PhoneContactID: o.phone.id}].Queued
}

// known returns the answer to an observation that adds nothing to what is stored, or false.
func (g *graph) known(o identity.Observation) (answer, bool) {
	e, ph := g.byEmail[o.Email], g.byPhone[o.Phone]
	switch {
	case o.Email != "" && e == nil, o.Phone != "" && ph == nil, !o.SeenAt.IsZero():
		return answer{}, false
	case o.Email == "" || o.Phone == "":
		return answerOf(e, ph, ""), true
	}
	_, reason, recorded := g.recordOf(pair{e, ph})
	if !recorded || reason == "" && e.cluster != ph.cluster || reason != "" && !g.hasRefusal(pair{e, ph}) {
		return answer{}, false
	}
	if reason == identity.ReasonSeparated {
		return answer{}, false // the separation may be gone; that is checked under the locks
	}
	return answerOf(e, ph, reason), true
}

// seen lists the contacts that hold the values of the observation.
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
