package cluster

import "github.com/identikit/identikit/internal/identity"

// Policy limits what may be linked as one customer. What exceeds a limit is stored and not linked. Zero
// means no limit. Lowering a limit does not take clusters apart.
type Policy struct {
	EmailsPerPhone int // e-mail addresses that came with one phone number
	PhonesPerEmail int // phone numbers that came with one e-mail address
	ClusterValues  int // e-mail addresses and phone numbers of one cluster
}

// DefaultClusterValues is the limit on a cluster that serve and import use unless they are told another.
const DefaultClusterValues = 1000

// LimitsFanOut reports whether the fan-out of contacts must be read.
func (p Policy) LimitsFanOut() bool { return p.EmailsPerPhone > 0 || p.PhonesPerEmail > 0 }

// isExceededBy reports whether one more observation exceeds the limit of the e-mail or of the phone
// number. Either contact may be nil.
func (p Policy) isExceededBy(e, ph *Contact) bool {
	return p.PhonesPerEmail > 0 && e != nil && e.Phones >= p.PhonesPerEmail ||
		p.EmailsPerPhone > 0 && ph != nil && ph.Emails >= p.EmailsPerPhone
}

// refusalReason returns why the observation must not link its two values, Linked if it may. e and ph are
// the contacts that hold the values, or nil.
func (p *Plan) refusalReason(o identity.Observation, e, ph *Contact) identity.Reason {
	if o.Email == "" || o.Phone == "" {
		return Linked
	}
	if e != nil && ph != nil {
		if reason, recorded := p.recordedReason(Edge{e, ph}); recorded && EffectOf(Observe, reason) == Keep {
			return reason
		}
	}
	if e != nil && e.Blocked || ph != nil && ph.Blocked {
		return identity.ReasonBlocked
	}
	return p.linkRefusal(e, ph)
}

// recordedReason returns the state of an observation that is recorded, or will be.
func (p *Plan) recordedReason(e Edge) (reason identity.Reason, recorded bool) {
	if planned := p.known[e]; planned != nil {
		return planned.Withheld, true
	}
	r, recorded := p.graph.recordOf(e)
	return r.Withheld, recorded
}

// linkRefusal returns why two values must not be linked, Linked if they may. It does not consider blocks.
// e or ph is nil for a new value.
func (p *Plan) linkRefusal(e, ph *Contact) identity.Reason {
	if p.policy.isExceededBy(e, ph) {
		return identity.ReasonFanOut
	}
	return p.mergeRefusal(e, ph)
}

// mergeRefusal returns why the components of two contacts must not become one, Linked if they may. A nil
// contact stands for a new value.
func (p *Plan) mergeRefusal(e, ph *Contact) identity.Reason {
	var values int
	switch {
	case e == nil && ph == nil:
		return Linked
	case e == nil:
		values = ph.Component().values + 1
	case ph == nil:
		values = e.Component().values + 1
	case e.Component() == ph.Component():
		return Linked
	case p.graph.areSeparated(e.Component(), ph.Component()):
		return identity.ReasonSeparated
	default:
		values = e.Component().values + ph.Component().values
	}
	if p.policy.ClusterValues > 0 && values > p.policy.ClusterValues {
		return identity.ReasonFuse
	}
	return Linked
}
