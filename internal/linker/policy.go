package linker

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
