package linker

import (
	"slices"
	"time"

	"github.com/identikit/identikit/internal/identity"
)

// plan is what a slice of observations changes in a graph, found out one observation after the
// other, in memory. It does no I/O until write.
type plan struct {
	graph  *graph
	added  []*contact // in the order in which the observations need them: their ids will ascend
	aged   []*contact // stored ones that turn out to be older
	pairs  []*seenPair
	known  map[pair]*seenPair // the same
	views  []*view            // one an observation
	counts Counts
}

// pair is an observation between two nodes, of which either may still lack its id.
type pair struct{ email, phone *contact }

// seenPair is a pair to be recorded; a zero seenAt means now.
type seenPair struct {
	pair
	seenAt time.Time
}

// Counts tells what became of a number of observations. Their sum is that number.
type Counts struct {
	Created   int // a new cluster
	Linked    int // a new value in a known cluster
	Merged    int // two clusters became one
	Unchanged int // nothing that the clusters lacked
}

func newPlan(g *graph, observations []identity.Observation) *plan {
	p := &plan{graph: g, known: map[pair]*seenPair{}, views: make([]*view, 0, len(observations))}
	for _, o := range observations {
		o.SeenAt = o.SeenAt.Truncate(time.Microsecond) // as the database keeps it
		p.views = append(p.views, p.link(o))
	}
	return p
}

// link brings one observation into the graph and returns the cluster that it belongs to then.
func (p *plan) link(o identity.Observation) *view {
	e, ph := p.place(o)
	if !o.SeenAt.IsZero() {
		p.age(e, o.SeenAt)
		p.age(ph, o.SeenAt)
	}
	if e == nil {
		return ph.cluster.look()
	}
	if ph != nil {
		p.record(pair{e, ph}, o.SeenAt)
	}
	return e.cluster.look()
}

// place applies the rules: it adds the contact that is missing or merges two clusters. It returns
// the contact of the e-mail and that of the phone number, nil for what o does not have.
func (p *plan) place(o identity.Observation) (e, ph *contact) {
	e, ph = p.graph.byEmail[o.Email], p.graph.byPhone[o.Phone]
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
		merge(e.cluster, ph.cluster)
	default:
		p.counts.Unchanged++
	}
	return e, ph
}

func (p *plan) add(to *cluster, email, phone string) *contact {
	c := &contact{email: email, phone: phone, cluster: to}
	to.members = append(to.members, c)
	to.view = nil
	p.added = append(p.added, c)
	if email != "" {
		p.graph.byEmail[email] = c
	}
	if phone != "" {
		p.graph.byPhone[phone] = c
	}
	return c
}

// merge moves the members of the smaller cluster over. Which primary survives is decided by age
// when the plan is written.
func merge(a, b *cluster) {
	if len(a.members) < len(b.members) {
		a, b = b, a
	}
	for _, c := range b.members {
		c.cluster = a
	}
	a.members = append(a.members, b.members...)
	a.view = nil
}

// age makes a contact as old as something seen of it.
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

func (p *plan) record(o pair, seenAt time.Time) {
	if planned := p.known[o]; planned != nil {
		planned.seenAt = earlier(planned.seenAt, seenAt)
		return
	}
	if p.graph.holds(o, seenAt) {
		return
	}
	p.known[o] = &seenPair{o, seenAt}
	p.pairs = append(p.pairs, p.known[o])
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

// answers renders one cluster an observation. A written plan knows all ids by then.
func (p *plan) answers() []identity.Cluster {
	clusters := make([]identity.Cluster, len(p.views))
	for i, v := range p.views {
		clusters[i] = v.render()
	}
	return clusters
}

// look returns a view of the cluster as it is now.
func (cl *cluster) look() *view {
	if cl.view == nil {
		cl.view = &view{members: cl.members}
	}
	return cl.view
}

// view is a cluster as one observation, or several, left it.
type view struct {
	members  []*contact
	rendered *identity.Cluster
}

func (v *view) render() identity.Cluster {
	if v.rendered == nil {
		v.rendered = render(v.members)
	}
	return *v.rendered
}

// render lists the members by age: the primary is the oldest, so its values come first.
func render(members []*contact) *identity.Cluster {
	members = slices.Clone(members)
	slices.SortFunc(members, older)
	c := &identity.Cluster{PrimaryID: members[0].id, Emails: []string{}, Phones: []string{}, SecondaryIDs: []uint64{}}
	for i, m := range members {
		if m.email != "" {
			c.Emails = append(c.Emails, m.email)
		}
		if m.phone != "" {
			c.Phones = append(c.Phones, m.phone)
		}
		if i > 0 {
			c.SecondaryIDs = append(c.SecondaryIDs, m.id)
		}
	}
	return c
}
