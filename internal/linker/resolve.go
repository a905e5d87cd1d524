package linker

import (
	"context"
	"slices"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/store"
)

// resolution is who is primary once a plan is written.
type resolution struct {
	moved     []*contact // contacts whose primary or age is another than the stored one
	displaced []displaced
}

// displaced is a stored primary that is none any more, and the one in its place.
type displaced struct{ was, now *contact }

// resolve finds the primary of each cluster that the plan touches: its oldest contact. All contacts
// must have their ids.
func (p *plan) resolve() resolution {
	var r resolution
	for _, cl := range p.touchedClusters() {
		cl.root = slices.MinFunc(cl.members, older)
		for _, c := range cl.members {
			if !c.hasPrimary(cl.root) || c.aged {
				r.moved = append(r.moved, c)
			}
			if c.linkedID == 0 && !c.isNew && c != cl.root {
				r.displaced = append(r.displaced, displaced{c, cl.root})
			}
		}
		p.reroot(cl)
	}
	return r
}

// reroot makes the merges of a cluster lead to the stored cluster that survives: that of the primary,
// or where the primary is new, any. They led to another if a contact became older after a merge.
func (p *plan) reroot(cl *cluster) {
	survivor := cl.root
	if survivor.linkedID != 0 {
		survivor = p.graph.byID[survivor.linkedID]
	}
	m, turn := p.into[survivor]
	delete(p.into, survivor)
	for at := survivor; turn; {
		next := p.into[m.root]
		_, turn = p.into[m.root]
		p.into[m.root] = merging{at, m.by}
		at, m = m.root, next
	}
}

// write stores links and ages.
func (r resolution) write(ctx context.Context, q *store.Queries) error {
	if err := writeLinks(ctx, q, r.moved); err != nil {
		return err
	}
	for _, d := range r.displaced {
		if !d.was.unread {
			continue
		}
		err := q.MoveSecondaries(ctx, store.MoveSecondariesParams{ToPrimaryID: &d.now.id, FromPrimaryID: &d.was.id})
		if err != nil {
			return err
		}
	}
	return nil
}

// events returns what happened to which contact, in an order in which each event names a primary that is one by
// then: new primaries, then those that were displaced with all their secondaries, then new secondaries.
func (r resolution) events(added []*contact, into map[*contact]merging, observations map[store.Pair]uint64) []event {
	var events []event
	for _, c := range added {
		if c == c.cluster.root {
			events = append(events, event{identity.EventCreated, c, c, 0})
		}
	}
	for _, d := range r.displaced {
		if m, merged := into[d.was]; merged {
			events = append(events, event{identity.EventMerged, d.was, d.now, observations[m.by.ids()]})
		} else {
			events = append(events, event{identity.EventDemoted, d.was, d.now, 0})
		}
	}
	for _, c := range added {
		if c != c.cluster.root {
			events = append(events, event{identity.EventLinked, c, c.cluster.root, 0})
		}
	}
	return events
}
