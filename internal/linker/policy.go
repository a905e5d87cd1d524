package linker

import "github.com/identikit/identikit/internal/identity"

// Policy limits what may be linked as one customer. What exceeds a limit is stored and not linked. Zero
// means no limit. Lowering a limit does not take clusters apart.
type Policy struct {
	EmailsPerPhone int // e-mail addresses that came with one phone number
	PhonesPerEmail int // phone numbers that came with one e-mail address
	ClusterValues  int // e-mail addresses and phone numbers of one cluster
}

// DefaultClusterValues is the default limit on a cluster of serve and import.
const DefaultClusterValues = 1000

func (p Policy) boundsFanOut() bool { return p.EmailsPerPhone > 0 || p.PhonesPerEmail > 0 }

// fansOut reports whether one more observation exceeds the limit of the e-mail or of the phone number.
// Either contact may be nil.
func (p Policy) fansOut(e, ph *contact) bool {
	return p.PhonesPerEmail > 0 && e != nil && e.phones >= p.PhonesPerEmail ||
		p.EmailsPerPhone > 0 && ph != nil && ph.emails >= p.EmailsPerPhone
}

// refusalReason returns why the observation must not link its two values, "" if it may. e and ph are the
// contacts that hold the values, or nil. A recorded pair keeps its reason, except ReasonSeparated: the
// separation may be gone.
func (p *plan) refusalReason(o identity.Observation, e, ph *contact) identity.Reason {
	if o.Email == "" || o.Phone == "" {
		return ""
	}
	if e != nil && ph != nil {
		if planned := p.known[pair{e, ph}]; planned != nil {
			return planned.reason
		}
		if _, reason, recorded := p.graph.recordOf(pair{e, ph}); recorded && reason != identity.ReasonSeparated {
			return reason
		}
	}
	if e != nil && e.blocked || ph != nil && ph.blocked {
		return identity.ReasonBlocked
	}
	return p.linkRefusal(e, ph)
}

// linkRefusal returns why two values must not be linked, "" if they may. It does not consider blocks. e
// or ph is nil for a new value.
func (p *plan) linkRefusal(e, ph *contact) identity.Reason {
	if p.policy.fansOut(e, ph) {
		return identity.ReasonFanOut
	}
	return p.mergeRefusal(e, ph)
}

// mergeRefusal returns why the clusters of two contacts must not become one, "" if they may. A nil
// contact stands for a new value.
func (p *plan) mergeRefusal(e, ph *contact) identity.Reason {
	var values int
	switch {
	case e == nil && ph == nil:
		return ""
	case e == nil:
		values = ph.cluster.values + 1
	case ph == nil:
		values = e.cluster.values + 1
	case e.cluster == ph.cluster:
		return ""
	case p.graph.areSeparated(e.cluster, ph.cluster):
		return identity.ReasonSeparated
	default:
		values = e.cluster.values + ph.cluster.values
	}
	if p.policy.ClusterValues > 0 && values > p.policy.ClusterValues {
		return identity.ReasonFuse
	}
	return ""
}
