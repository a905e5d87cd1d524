package cluster

import (
	"time"

	"github.com/identikit/identikit/internal/identity"
)

// Plan is what observations change in a graph. It changes the graph, so a graph has one plan.
type Plan struct {
	graph   *Graph
	policy  Policy
	added   []*Contact // new contacts, in the order of their future ids
	aged    []*Contact // stored contacts that turn out to be older
	records []*NewRecord
	known   map[Edge]*NewRecord  // the same
	into    map[*Contact]merging // by the primary that was absorbed
	answers []Answer             // one for each observation
	ended   []uint64             // observations that were withheld and link now: their refusals are closed
	counts  Counts
	readAt  time.Time // of the row that is linked; zero for now
}

// NewRecord is an observation to be recorded. A zero SeenAt means now. Unless Withheld is Linked, it is the
// reason why the observation does not link.
type NewRecord struct {
	Edge
	SeenAt   time.Time
	Withheld identity.Reason
}

// merging is the primary that another primary was merged into, and the observation that caused it.
type merging struct {
	primary *Contact
	by      Edge
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

// NewPlan links observations in their order, with the same result as one by one.
func NewPlan(g *Graph, policy Policy, observations []identity.Observation) *Plan {
	p := newPlan(g, policy)
	p.answers = make([]Answer, 0, len(observations))
	for _, o := range observations {
		p.answers = append(p.answers, p.linkAllowed(o))
	}
	return p
}

func newPlan(g *Graph, policy Policy) *Plan {
	return &Plan{graph: g, policy: policy, known: map[Edge]*NewRecord{}, into: map[*Contact]merging{}}
}

// linkAllowed links an observation without its suppressed values.
func (p *Plan) linkAllowed(o identity.Observation) Answer {
	o.SeenAt = o.SeenAt.Truncate(time.Microsecond) // as the database keeps it
	refused := p.removeSuppressed(&o)
	if refused == nil {
		return p.link(o)
	}
	counts, a := p.counts, Answer{}
	if o.Email != "" || o.Phone != "" {
		a = p.link(o)
	}
	p.counts = counts
	p.counts.Erased++
	a.refused = append(refused, a.refused...)
	return a
}

// removeSuppressed removes the suppressed values from an observation, and returns them as refused.
func (p *Plan) removeSuppressed(o *identity.Observation) (refused []identity.Refusal) {
	if p.graph.suppressed[o.Email] {
		refused = append(refused, identity.NewRefusal(identity.ReasonErased, identity.FieldEmail))
		o.Email = ""
	}
	if p.graph.suppressed[o.Phone] {
		refused = append(refused, identity.NewRefusal(identity.ReasonErased, identity.FieldPhone))
		o.Phone = ""
	}
	return refused
}

// link adds one observation to the graph and returns its answer.
func (p *Plan) link(o identity.Observation) Answer {
	e, ph := p.graph.byEmail[o.Email], p.graph.byPhone[o.Phone]
	reason := p.refusalReason(o, e, ph)
	if reason == Linked {
		e, ph = p.place(o, e, ph)
	} else {
		e, ph = p.placeApart(o, e, ph)
	}
	if !o.SeenAt.IsZero() {
		p.age(e, o.SeenAt)
		p.age(ph, o.SeenAt)
	}
	if e != nil && ph != nil {
		p.record(Edge{e, ph}, o.SeenAt, reason)
	}
	return answerFor(e, ph, reason)
}

// place adds the contact that is missing, or merges two components. It returns the contact of the e-mail
// and that of the phone number, nil for what o does not have.
func (p *Plan) place(o identity.Observation, e, ph *Contact) (*Contact, *Contact) {
	switch {
	case e == nil && ph == nil:
		p.counts.Created++
		p.add(nil, o.Email, o.Phone)
		return p.graph.byEmail[o.Email], p.graph.byPhone[o.Phone]
	case e == nil && o.Email != "":
		p.counts.Linked++
		e = p.add(ph.Component(), o.Email, "")
	case ph == nil && o.Phone != "":
		p.counts.Linked++
		ph = p.add(e.Component(), "", o.Phone)
	case e != nil && ph != nil && e.Component() != ph.Component():
		p.counts.Merged++
		p.merge(Edge{e, ph})
	default:
		p.counts.Unchanged++
	}
	return e, ph
}

// placeApart adds the missing contacts of two values that do not link, each as a component of its own.
func (p *Plan) placeApart(o identity.Observation, e, ph *Contact) (*Contact, *Contact) {
	p.counts.Withheld++
	if e == nil {
		e = p.add(nil, o.Email, "")
	}
	if ph == nil {
		ph = p.add(nil, "", o.Phone)
	}
	return e, ph
}

func (p *Plan) add(to *Component, email, phone string) *Contact {
	c := &Contact{Email: email, Phone: phone, isNew: true, readAt: p.readAt}
	p.graph.addNew(c, to)
	p.added = append(p.added, c)
	return c
}

// merge makes one component of two. The younger primary is absorbed, unless a contact turns out to be
// older before the plan is resolved.
func (p *Plan) merge(e Edge) {
	survivor, absorbed := e.Email.Primary(), e.Phone.Primary()
	if survivor == nil || absorbed != nil && older(absorbed, survivor) < 0 {
		survivor, absorbed = absorbed, survivor
	}
	if absorbed != nil {
		p.into[absorbed] = merging{survivor, e}
	}
	p.graph.unite(e.Email.Component(), e.Phone.Component()).primary = survivor
}

// age makes a contact at least as old as seenAt.
func (p *Plan) age(c *Contact, seenAt time.Time) {
	switch {
	case c == nil:
	case c.ID == 0:
		c.seenAt = earlier(c.seenAt, seenAt)
	case seenAt.Before(c.CreatedAt):
		c.CreatedAt = seenAt
		if !c.aged {
			c.aged = true
			p.aged = append(p.aged, c)
		}
	}
}

func (p *Plan) record(e Edge, seenAt time.Time, reason identity.Reason) {
	if e.Email.Blocked && e.Phone.Blocked {
		return // the request fails: nobody can be answered
	}
	if planned := p.known[e]; planned != nil {
		// It cannot have become Linked: a separation holds within a plan.
		planned.SeenAt, planned.Withheld = earlier(planned.SeenAt, seenAt), reason
		return
	}
	r, recorded := p.graph.recordOf(e)
	linked := recorded && r.Withheld == Linked
	known := recorded && r.Withheld == reason && (linked || r.Queued)
	if known && (seenAt.IsZero() || !seenAt.Before(r.SeenAt)) {
		return
	}
	p.addRecord(NewRecord{e, seenAt, reason})
	if reason != Linked || linked {
		return
	}
	if recorded {
		p.ended = append(p.ended, r.ID)
	}
	e.Email.Phones++
	e.Phone.Emails++
}

func (p *Plan) addRecord(r NewRecord) {
	p.known[r.Edge] = &r
	p.records = append(p.records, &r)
}

// Changes reports whether the plan changes anything that is stored.
func (p *Plan) Changes() bool {
	return len(p.added) > 0 || len(p.aged) > 0 || len(p.records) > 0
}

// Added lists the new contacts in the order in which they must be inserted.
func (p *Plan) Added() []*Contact { return p.added }

// Records lists the observations to be recorded.
func (p *Plan) Records() []*NewRecord { return p.records }

// Ended lists the observations that were withheld and link now.
func (p *Plan) Ended() []uint64 { return p.ended }

// Counts counts the observations of NewPlan by their outcome.
func (p *Plan) Counts() Counts { return p.counts }

// Answers returns one cluster for each observation of NewPlan. The new contacts must have been inserted.
func (p *Plan) Answers() []identity.Cluster {
	clusters := make([]identity.Cluster, len(p.answers))
	for i, a := range p.answers {
		clusters[i] = a.Cluster()
	}
	return clusters
}
