package linker

import "github.com/identikit/identikit/internal/identity"

// Policy bounds what is believed to be one person's. What would exceed it is kept and not linked.
// Zero means no bound. A bound that is lowered later takes nothing apart.
type Policy struct {
	EmailsPerPhone int // e-mail addresses that came with one phone number
	PhonesPerEmail int // phone numbers that came with one e-mail address
	ClusterValues  int // e-mail addresses and phone numbers of one cluster
}

// DefaultClusterValues is the bound on a cluster that serve and import work with.
const DefaultClusterValues = 1000

func (p Policy) boundsFanOut() bool { return p.EmailsPerPhone > 0 || p.PhonesPerEmail > 0 }

// fansOut tells whether one more observation is too much for an e-mail or a phone number. Either
// contact may be nil.
func (p Policy) fansOut(e, ph *contact) bool {
	return p.PhonesPerEmail > 0 && e != nil && e.phones >= p.PhonesPerEmail ||
		p.EmailsPerPhone > 0 && ph != nil && ph.emails >= p.EmailsPerPhone
}

// judge returns why the observation must not link its two values, "" when it may. e and ph are the
// contacts that hold them, nil where there is none yet. What was decided once stays, unless it was for a
// separation: that may be gone.
func (p *plan) judge(o identity.Observation, e, ph *contact) identity.Reason {
	if o.Email == "" || o.Phone == "" {
		return ""
	}
	if e != nil && ph != nil {
		if planned := p.known[pair{e, ph}]; planned != nil {
			return planned.reason
		}
		if _, reason, recorded := p.graph.stands(pair{e, ph}); recorded && reason != identity.ReasonSeparated {
			return reason
		}
	}
	if e != nil && e.blocked || ph != nil && ph.blocked {
		return identity.ReasonBlocked
	}
	return p.mayLink(e, ph)
}

// mayLink returns why the two values must not link, blocks apart. e and ph are nil for new ones.
func (p *plan) mayLink(e, ph *contact) identity.Reason {
	if p.policy.fansOut(e, ph) {
		return identity.ReasonFanOut
	}
	return p.mayUnite(e, ph)
}

// mayUnite returns why the clusters of two contacts, or that of one and a new value, must not be
// one.
func (p *plan) mayUnite(e, ph *contact) identity.Reason {
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
	case p.graph.apart(e.cluster, ph.cluster):
		return identity.ReasonSeparated
	default:
		values = e.cluster.values + ph.cluster.values
	}
	if p.policy.ClusterValues > 0 && values > p.policy.ClusterValues {
		return identity.ReasonFuse
	}
	return ""
}
