package cluster

import (
	"github.com/identikit/identikit/internal/identity"
)

// Observed is a recorded observation.
type Observed struct {
	ID uint64
	Pair
}

// edgeOf returns a recorded observation as an edge; its ends may be nil.
func (g *Graph) edgeOf(o Observed) Edge { return Edge{g.byID[o.Email], g.byID[o.Phone]} }

// LinkAgain makes a withheld observation link, whatever the policy says. Both contacts must be in the
// graph, with the separations between them. It is CodeValueBlocked or CodeContactsSeparated while another
// decision forbids it.
func (p *Plan) LinkAgain(o Observed) error {
	e := p.graph.edgeOf(o)
	a, b := e.Email.Component(), e.Phone.Component()
	switch {
	case e.isBlocked():
		return identity.Errorf(identity.CodeValueBlocked, "A value of observation %d is blocked. End the block first.", o.ID)
	case a != b && p.graph.areSeparated(a, b):
		return identity.Errorf(identity.CodeContactsSeparated,
			"Observation %d would unite contacts that were separated. Delete the separation first.", o.ID)
	}
	p.linkRecorded(e, o.ID)
	return nil
}

// DecideAgain decides anew about observations that are withheld, in their order, and links those that
// nothing forbids any more. Those with a value that is blocked stay as they are. Their contacts must be in
// the graph, with their separations and fan-out.
func (p *Plan) DecideAgain(withheld []Observed) {
	for _, o := range withheld {
		e := p.graph.edgeOf(o)
		if e.isBlocked() {
			continue
		}
		if reason := p.linkRefusal(e.Email, e.Phone); reason != Linked {
			p.addRecord(NewRecord{Edge: e, Withheld: reason})
		} else {
			p.linkRecorded(e, o.ID)
		}
	}
}

func (p *Plan) linkRecorded(e Edge, observation uint64) {
	if e.Email.Component() != e.Phone.Component() {
		p.merge(e)
	}
	p.addRecord(NewRecord{Edge: e})
	p.ended = append(p.ended, observation)
	e.Email.Phones++
	e.Phone.Emails++
}
