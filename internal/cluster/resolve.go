package cluster

import (
	"slices"

	"github.com/identikit/identikit/internal/identity"
)

// Resolution is who is primary once a plan is carried out.
type Resolution struct {
	plan *Plan

	Moved     []*Contact // contacts whose primary or age is another than the stored one
	Displaced []Displaced
}

// Displaced is a stored primary that is none any more, and the one in its place.
type Displaced struct{ Was, Now *Contact }

// Resolve finds the primary of each component that the plan touches: its oldest contact. All contacts
// must have their ids, unless the plan is not carried out.
func (p *Plan) Resolve() Resolution {
	r := Resolution{plan: p}
	for _, m := range p.touched() {
		m.primary = slices.MinFunc(m.members, older)
		for _, c := range m.members {
			if !c.isUnder(m.primary) || c.aged {
				r.Moved = append(r.Moved, c)
			}
			if c.LinkedID == 0 && !c.isNew && c != m.primary {
				r.Displaced = append(r.Displaced, Displaced{c, m.primary})
			}
		}
		p.redirect(m)
	}
	return r
}

// touched lists the components that the plan changes, each once.
func (p *Plan) touched() []*Component {
	var touched []*Component
	seen := map[*Component]bool{}
	touch := func(c *Contact) {
		if m := c.Component(); !seen[m] {
			seen[m] = true
			touched = append(touched, m)
		}
	}
	for _, c := range p.added {
		touch(c)
	}
	for _, c := range p.aged {
		touch(c)
	}
	for _, r := range p.records {
		touch(r.Email)
	}
	return touched
}

// redirect makes the merges of a component lead to the stored primary that survives: that of the
// primary's cluster, or where the primary is new, any. They led to another if a contact became older
// after a merge.
func (p *Plan) redirect(m *Component) {
	survivor := m.primary
	if survivor.LinkedID != 0 {
		survivor = p.graph.byID[survivor.LinkedID]
	}
	into, turn := p.into[survivor]
	delete(p.into, survivor)
	for at := survivor; turn; {
		next := p.into[into.primary]
		_, turn = p.into[into.primary]
		p.into[into.primary] = merging{at, into.by}
		at, into = into.primary, next
	}
}

// Decisive lists the observations that events refer to: those that merged clusters or were not linked.
func (r Resolution) Decisive() []Pair {
	var pairs []Pair
	for _, d := range r.Displaced {
		if m, merged := r.plan.into[d.Was]; merged {
			pairs = append(pairs, m.by.Pair())
		}
	}
	for _, n := range r.plan.records {
		if n.Withheld != Linked {
			pairs = append(pairs, n.Pair())
		}
	}
	return pairs
}

// Events returns what happened to which contact, in an order in which each event names a primary that is
// one by then: new primaries, then those that were displaced with all their secondaries, then new
// secondaries, then what was not linked. ids are those of the Decisive observations.
func (r Resolution) Events(ids map[Pair]uint64) []Event {
	var events []Event
	for _, c := range r.plan.added {
		if c == c.Primary() {
			events = append(events, Event{identity.EventCreated, c, c, 0})
		}
	}
	for _, d := range r.Displaced {
		if m, merged := r.plan.into[d.Was]; merged {
			events = append(events, Event{identity.EventMerged, d.Was, d.Now, ids[m.by.Pair()]})
		} else {
			events = append(events, Event{identity.EventDemoted, d.Was, d.Now, 0})
		}
	}
	for _, c := range r.plan.added {
		if c != c.Primary() {
			events = append(events, Event{identity.EventLinked, c, c.Primary(), 0})
		}
	}
	for _, n := range r.plan.records {
		if n.Withheld != Linked {
			events = append(events, Event{identity.EventRefused, n.Phone, n.Email.Primary(), ids[n.Pair()]})
		}
	}
	return events
}
