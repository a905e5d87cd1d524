package cluster

import (
	"slices"

	"github.com/identikit/identikit/internal/identity"
)

// Revision is a graph whose evidence a correction changes: first in memory, so that a dry run differs only
// in that nothing is written. It is given the observations that link, is told what to take away, and then
// regroups the contacts.
type Revision struct {
	graph     *Graph
	edges     []evidence
	successor *Contact // of a primary that was removed
	divided   []Division
	moved     []*Contact
	events    []Event
}

// evidence is an observation that links two contacts.
type evidence struct {
	id uint64
	Edge
}

// NewRevision returns a revision of a graph without evidence.
func NewRevision(g *Graph) *Revision { return &Revision{graph: g} }

// AddEvidence adds an observation that links. Both ends must be in the graph.
func (r *Revision) AddEvidence(o Observed) error {
	_, err := r.addEvidence(o)
	return err
}

func (r *Revision) addEvidence(o Observed) (Edge, error) {
	e := r.graph.edgeOf(o)
	for _, d := range r.divided {
		if e.Email == d.From && d.To.Email != "" {
			e.Email = d.To
		}
		if e.Phone == d.From && d.To.Phone != "" {
			e.Phone = d.To
		}
	}
	if e.Email == nil || e.Phone == nil {
		return e, identity.Inconsistent("observation %d links contacts %d and %d, which are not in one cluster", o.ID, o.Email, o.Phone)
	}
	r.edges = append(r.edges, evidence{o.ID, e})
	return e, nil
}

// was returns the stored primary of a contact.
func (r *Revision) was(c *Contact) *Contact {
	if c.LinkedID == 0 {
		return c
	}
	if primary := r.graph.byID[c.LinkedID]; primary != nil {
		return primary
	}
	return r.successor
}

// Retract takes an observation away. A contact that has both of its values must be divided, too.
func (r *Revision) Retract(observation uint64, email *Contact) {
	r.Tell(identity.EventRetracted, email, observation)
	r.drop(func(e evidence) bool { return e.id == observation })
}

// RemoveValue takes one of the two values of a contact away.
func (r *Revision) RemoveValue(c *Contact, field identity.Field) {
	r.Tell(identity.EventValueErased, c, 0)
	if field == identity.FieldEmail {
		r.drop(func(e evidence) bool { return e.Email == c })
		delete(r.graph.byEmail, c.Email)
		c.Email = ""
		return
	}
	r.drop(func(e evidence) bool { return e.Phone == c })
	delete(r.graph.byPhone, c.Phone)
	c.Phone = ""
}

// Remove takes a contact out of the graph. The oldest contact that is left of its cluster succeeds it as
// the primary of the others, until they are regrouped.
func (r *Revision) Remove(c *Contact, wasBlocked bool) {
	m := c.Component()
	r.drop(func(e evidence) bool { return e.Email == c || e.Phone == c })
	if wasBlocked {
		r.Tell(identity.EventUnblocked, c, 0)
	}
	r.graph.remove(c)
	primary := c
	if len(m.members) > 0 {
		if m.primary == c {
			r.successor = slices.MinFunc(m.members, older)
			m.primary = r.successor
		}
		primary = m.primary
	}
	r.events = append(r.events, Event{identity.EventErased, c, primary, 0})
}

func (r *Revision) drop(match func(evidence) bool) {
	r.edges = slices.DeleteFunc(r.edges, match)
}

// Regroup makes the components of the graph what its evidence says.
func (r *Revision) Regroup() {
	r.graph.scatter()
	for _, e := range r.edges {
		r.graph.unite(e.Email.Component(), e.Phone.Component())
	}
	r.relink()
}

// relink finds the primaries of the components, and notes what happened to whom: each new cluster is told
// by a split, and then each other contact that went along with its primary.
func (r *Revision) relink() {
	followers := map[*Contact][]*Contact{}
	var split []*Contact
	for _, c := range r.graph.Contacts() {
		primary := c.Component().settle()
		if !c.isUnder(primary) {
			r.moved = append(r.moved, c)
		}
		switch primary {
		case r.was(c):
		case c:
			split = append(split, c)
		default:
			followers[primary] = append(followers[primary], c)
		}
	}
	for _, primary := range split {
		r.events = append(r.events, Event{identity.EventSplit, primary, r.was(primary), 0})
		for _, c := range followers[primary] {
			r.events = append(r.events, Event{identity.EventMoved, c, primary, 0})
		}
	}
}

// Tell adds an event about a contact, with the primary that it has now.
func (r *Revision) Tell(kind identity.EventKind, c *Contact, observation uint64) {
	r.events = append(r.events, Event{kind, c, c.Primary(), observation})
}

// Divided lists the contacts that were divided, in the order in which this must be stored.
func (r *Revision) Divided() []Division { return r.divided }

// Moved lists the contacts whose primary is another than the stored one.
func (r *Revision) Moved() []*Contact { return r.moved }

// Events lists what happened, in an order in which each event names a primary that is one by then.
func (r *Revision) Events() []Event { return r.events }
