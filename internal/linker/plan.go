package linker

import (
	"time"

	"github.com/identikit/identikit/internal/identity"
)

// plan is what a slice of observations changes in a graph. It is worked out in memory, one observation
// after the other; only write does I/O.
type plan struct {
	graph  *graph
	policy Policy
	added  []*contact // new contacts, in the order of their future ids
	aged   []*contact // stored contacts that turn out to be older
	pairs  []*seenPair
	known  map[pair]*seenPair   // the same
	into   map[*contact]merging // by the primary that was absorbed
	linked []answer             // one for each observation

	readAt    time.Time // of the row that is linked; zero for now
	readsBack bool      // read the ids of new contacts, on any server

	// accepted are withheld observations that link now: their refusals are closed.
	accepted []uint64
	counts   Counts
}

// pair is an observation by its two contacts, which may be new.
type pair struct{ email, phone *contact }

// seenPair is a pair to be recorded. A zero seenAt means now; with a reason the pair does not link.
type seenPair struct {
	pair
	seenAt time.Time
	reason identity.Reason
}

// merging is the primary that another primary was merged into, and the observation that caused it.
type merging struct {
	root *contact
	by   pair
}

// Counts is the number of observations by their outcome.
type Counts struct {
	Created   int // a new cluster
	Linked    int // a new value in a known cluster
	Merged    int // two clusters became one
	Unchanged int // nothing that the clusters lacked
	Withheld  int // not linked, and kept unless both values are blocked
	Erased    int // a value was suppressed, and was left out
}

func newPlan(g *graph, policy Policy, observations []identity.Observation) *plan {
	p := &plan{
		graph: g, policy: policy, known: map[pair]*seenPair{}, into: map[*contact]merging{}, linked: make([]answer, 0, len(observations)),
	}
	for i, o := range observations {
		o.SeenAt = o.SeenAt.Truncate(time.Microsecond) // as the database keeps it
		if g.rows == nil {
			p.linked = append(p.linked, p.linkAllowed(o))
			continue
		}
		before := p.counts
		p.readAt = g.rows[i].ReadAt
		p.linkAllowed(o)
		p.countRepeats(before, g.rows[i].Repeats)
	}
	return p
}

// link adds one observation to the graph and returns its answer.
func (p *plan) link(o identity.Observation) answer {
	e, ph := p.graph.byEmail[o.Email], p.graph.byPhone[o.Phone]
	reason := p.refusalReason(o, e, ph)
	if reason == "" {
		e, ph = p.place(o, e, ph)
	} else {
		e, ph = p.placeApart(o, e, ph)
	}
	if !o.SeenAt.IsZero() {
		p.age(e, o.SeenAt)
		p.age(ph, o.SeenAt)
	}
	if e != nil && ph != nil {
		p.record(pair{e, ph}, o.SeenAt, reason)
	}
	return answerOf(e, ph, reason)
}

// place applies the rules: it adds the contact that is missing or merges two clusters. It returns
// the contact of the e-mail and that of the phone number, nil for what o does not have.
func (p *plan) place(o identity.Observation, e, ph *contact) (*contact, *contact) {
	switch {
	case e == nil && ph == nil:
		p.counts.Created++
		p.add(&cluster{}, o.Email, o.Phone)
		return p.graph.byEmail[o.Email], p.graph.byPhone[o.Phone]
	case e == nil && o.Email != "":
		p.counts.Linked++
		e = p.add(ph.cluster, o.Email, "")
	case ph == nil && o.Phone != "":
		p.counts.Linked++
		ph = p.add(e.cluster, "", o.Phone)
	case e != nil && ph != nil && e.cluster != ph.cluster:
		p.counts.Merged++
		p.merge(e, ph)
	default:
		p.counts.Unchanged++
	}
	return e, ph
}

// placeApart adds the missing contacts of two values that do not link, each as a cluster of its own.
func (p *plan) placeApart(o identity.Observation, e, ph *contact) (*contact, *contact) {
	p.counts.Withheld++
	if e == nil {
		e = p.add(&cluster{}, o.Email, "")
	}
	if ph == nil {
		ph = p.add(&cluster{}, "", o.Phone)
	}
	return e, ph
}

func (p *plan) add(to *cluster, email, phone string) *contact {
	c := &contact{email: email, phone: phone, isNew: true, readAt: p.readAt}
	to.add(c)
	p.added = append(p.added, c)
	if email != "" {
		p.graph.byEmail[email] = c
	}
	if phone != "" {
		p.graph.byPhone[phone] = c
	}
	return c
}

// merge makes one cluster of two. The younger primary is absorbed, unless a contact turns out to be
// older before the plan is written.
func (p *plan) merge(e, ph *contact) {
	survivor, absorbed := e.cluster.root, ph.cluster.root
	if survivor == nil || absorbed != nil && older(absorbed, survivor) < 0 {
		survivor, absorbed = absorbed, survivor
	}
	if absorbed != nil {
		p.into[absorbed] = merging{survivor, pair{e, ph}}
	}
	join(e.cluster, ph.cluster)
	e.cluster.root = survivor
}

// age makes a contact at least as old as seenAt.
func (p *plan) age(c *contact, seenAt time.Time) {
	switch {
	case c == nil:
	case c.id == 0:
		c.seenAt = earlier(c.seenAt, seenAt)
	case seenAt.Before(c.createdAt):
		c.createdAt = seenAt
		if !c.aged {
			c.aged = true
			p.aged = append(p.aged, c)
		}
	}
}

func (p *plan) record(o pair, seenAt time.Time, reason identity.Reason) {
	if o.email.blocked && o.phone.blocked {
		return // the request fails: nobody can be answered
	}
	if planned := p.known[o]; planned != nil {
		planned.seenAt = earlier(planned.seenAt, seenAt)
		return
	}
	since, was, recorded := p.graph.recordOf(o)
	linked := recorded && was == ""
	known := recorded && was == reason && (linked || p.graph.hasRefusal(o))
	if known && (seenAt.IsZero() || !seenAt.Before(since)) {
		return
	}
	p.known[o] = &seenPair{o, seenAt, reason}
	p.pairs = append(p.pairs, p.known[o])
	if reason != "" || linked {
		return
	}
	if recorded {
		p.accepted = append(p.accepted, p.graph.recorded[o.ids()].ID)
	}
	o.email.phones++
	o.phone.emails++
}

// earlier returns the earlier of two times of which zero means now.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func (p *plan) writes() bool {
	return len(p.added) > 0 || len(p.aged) > 0 || len(p.pairs) > 0
}

// touchedClusters lists the clusters that the plan writes to, each once.
func (p *plan) touchedClusters() []*cluster {
	var touched []*cluster
	seen := map[*cluster]bool{}
	touch := func(c *contact) {
		if !seen[c.cluster] {
			seen[c.cluster] = true
			touched = append(touched, c.cluster)
		}
	}
	for _, c := range p.added {
		touch(c)
	}
	for _, c := range p.aged {
		touch(c)
	}
	for _, o := range p.pairs {
		touch(o.email)
	}
	return touched
}
