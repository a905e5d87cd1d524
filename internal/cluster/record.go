package cluster

import (
	"cmp"
	"slices"
	"time"

	"github.com/identikit/identikit/internal/identity"
)

// Pair is an observation by the ids of the contacts that have its values.
type Pair struct{ Email, Phone uint64 }

// Compare orders pairs by the contact of the e-mail address, then by that of the phone number.
func (p Pair) Compare(other Pair) int {
	return cmp.Or(cmp.Compare(p.Email, other.Email), cmp.Compare(p.Phone, other.Phone))
}

// Record is an observation as it is stored.
type Record struct {
	ID uint64
	Pair
	SeenAt   time.Time
	Withheld identity.Reason // Linked if it links
	Queued   bool            // it is or was in the queue of refusals
}

// Edge is an observation by its two contacts, which may be new.
type Edge struct{ Email, Phone *Contact }

// Pair returns the edge by the ids of its contacts.
func (e Edge) Pair() Pair { return Pair{e.Email.ID, e.Phone.ID} }

// isBlocked reports whether one of the values is blocked.
func (e Edge) isBlocked() bool { return e.Email.Blocked || e.Phone.Blocked }

// Separation is two contacts that were declared to be different people.
type Separation struct{ ContactID, OtherID uint64 }

// AddRecord adds what is recorded of an observation between contacts of the graph.
func (g *Graph) AddRecord(r Record) { g.recorded[r.Pair] = r }

// IsDecided reports whether somebody has decided about the link between the two values of an observation,
// or is about to: it is withheld, or it links contacts that are not connected. If contacts and records were
// not read at one moment, they may contradict each other.
func (g *Graph) IsDecided(o identity.Observation) bool {
	e, ph := g.byEmail[o.Email], g.byPhone[o.Phone]
	if o.Email == "" || o.Phone == "" || e == nil || ph == nil {
		return false
	}
	r, recorded := g.recordOf(Edge{e, ph})
	return recorded && (r.Withheld != Linked || e.Component() != ph.Component())
}

// AddSeparation adds a separation of two contacts of the graph.
func (g *Graph) AddSeparation(s Separation) { g.separations = append(g.separations, s) }

// EndSeparation removes a separation.
func (g *Graph) EndSeparation(s Separation) {
	g.separations = slices.DeleteFunc(g.separations, func(other Separation) bool { return other == s })
}

// Suppress names values that must not be stored: observations link without them.
func (g *Graph) Suppress(values map[string]bool) { g.suppressed = values }

// areSeparated reports whether a contact of one component was separated from a contact of the other.
func (g *Graph) areSeparated(a, b *Component) bool {
	return slices.ContainsFunc(g.separations, func(s Separation) bool {
		one, other := g.byID[s.ContactID].Component(), g.byID[s.OtherID].Component()
		return one == a && other == b || one == b && other == a
	})
}

// recordOf returns what is recorded of two contacts. Two values of one contact are known to link.
func (g *Graph) recordOf(e Edge) (r Record, recorded bool) {
	r, recorded = g.recorded[e.Pair()]
	if !recorded && e.Email == e.Phone && e.Email.ID != 0 {
		return Record{SeenAt: e.Email.CreatedAt}, true
	}
	return r, recorded
}

// Known returns the answer to an observation that adds nothing to what is stored, or false.
func (g *Graph) Known(o identity.Observation) (Answer, bool) {
	e, ph := g.byEmail[o.Email], g.byPhone[o.Phone]
	switch {
	case o.Email != "" && e == nil, o.Phone != "" && ph == nil, !o.SeenAt.IsZero():
		return Answer{}, false
	case o.Email == "" || o.Phone == "":
		return answerFor(e, ph, Linked), true
	}
	r, recorded := g.recordOf(Edge{e, ph})
	switch {
	case !recorded, EffectOf(Observe, r.Withheld) != Keep: // to be decided under the locks
		return Answer{}, false
	case r.Withheld == Linked && e.Component() != ph.Component(), r.Withheld != Linked && !r.Queued:
		return Answer{}, false
	}
	return answerFor(e, ph, r.Withheld), true
}

// Unread lists the pairs of which something may be recorded, each once and in order. Two values of one
// contact are known to link, and are listed only if the observation may be older than the record.
func (g *Graph) Unread(observations []identity.Observation) []Pair {
	var pairs []Pair
	for _, o := range observations {
		e, ph := g.byEmail[o.Email], g.byPhone[o.Phone]
		if e != nil && ph != nil && (e != ph || !o.SeenAt.IsZero()) {
			pairs = append(pairs, Pair{e.ID, ph.ID})
		}
	}
	slices.SortFunc(pairs, Pair.Compare)
	return slices.Compact(pairs)
}
