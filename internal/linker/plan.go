package linker

import (
	"slices"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/store"
)

// plan is what a slice of observations changes in a graph, found out one observation after the
// other, in memory. It does no I/O until write.
type plan struct {
	graph *graph
	added []*contact // in the order in which the observations need them: their ids will ascend
	pairs []pair     // to be recorded
	known map[pair]bool
	views []*view // one an observation
}

// pair is an observation between two nodes, of which either may still lack its id.
type pair struct{ email, phone *contact }

func newPlan(g *graph, observations []identity.Observation) *plan {
	p := &plan{graph: g, known: map[pair]bool{}, views: make([]*view, 0, len(observations))}
	for _, o := range observations {
		p.views = append(p.views, p.link(o))
	}
	return p
}

// link applies the rules to one observation and returns the cluster that it belongs to then.
func (p *plan) link(o identity.Observation) *view {
	e, ph := p.graph.byEmail[o.Email], p.graph.byPhone[o.Phone] // nil when absent or unknown
	switch {
	case e == nil && ph == nil:
		c := p.add(&cluster{}, o.Email, o.Phone)
		if o.Email != "" {
			e = c
		}
		if o.Phone != "" {
			ph = c
		}
	case e == nil && o.Email != "":
		e = p.add(ph.cluster, o.Email, "")
	case ph == nil && o.Phone != "":
		ph = p.add(e.cluster, "", o.Phone)
	case e != nil && ph != nil && e.cluster != ph.cluster:
		merge(e.cluster, ph.cluster)
	}
	if e == nil {
		return ph.cluster.look()
	}
	if ph != nil {
		p.record(pair{e, ph})
	}
	return e.cluster.look()
}

func (p *plan) add(to *cluster, email, phone string) *contact {
	c := &contact{email: email, phone: phone, cluster: to}
	to.members = append(to.members, c)
	to.touch()
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
	a.touch()
}

func (p *plan) record(o pair) {
	if p.known[o] || p.stored(o) {
		return
	}
	p.known[o] = true
	p.pairs = append(p.pairs, o)
	o.email.cluster.touch()
}

// stored tells whether the pair stands in the database already. Two values of one stored contact
// came together when it was added.
func (p *plan) stored(o pair) bool {
	if o.email.id == 0 || o.phone.id == 0 {
		return false
	}
	return o.email == o.phone || p.graph.recorded[store.Pair{EmailContactID: o.email.id, PhoneContactID: o.phone.id}]
}

func (p *plan) writes() bool {
	return len(p.added) > 0 || len(p.pairs) > 0
}

// touchedClusters lists the clusters that the plan writes to, each once, in the order of the
// observations.
func (p *plan) touchedClusters() []*cluster {
	var touched []*cluster
	seen := map[*cluster]bool{}
	for _, o := range p.pairs {
		if c := o.email.cluster; !seen[c] {
			seen[c] = true
			touched = append(touched, c)
		}
	}
	for _, a := range p.added {
		if c := a.cluster; !seen[c] {
			seen[c] = true
			touched = append(touched, c)
		}
	}
	return touched
}

// touchedRoots lists the stored primaries of those clusters.
func (p *plan) touchedRoots() []uint64 {
	var roots []uint64
	for _, cl := range p.touchedClusters() {
		for _, c := range cl.members {
			if c.id != 0 && c.linkedID == 0 {
				roots = append(roots, c.id)
			}
		}
	}
	return roots
}

// answers renders one cluster an observation. A written plan knows all ids by then.
func (p *plan) answers() []identity.Cluster {
	clusters := make([]identity.Cluster, len(p.views))
	for i, v := range p.views {
		clusters[i] = v.render()
	}
	return clusters
}

func (cl *cluster) touch() {
	cl.view = nil
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
