package linker

import (
	"slices"

	"github.com/identikit/identikit/internal/identity"
)

// answers returns one cluster for each observation. The plan must have been written: only then all ids
// are known.
func (p *plan) answers() []identity.Cluster {
	clusters := make([]identity.Cluster, len(p.linked))
	for i, a := range p.linked {
		clusters[i] = a.render()
	}
	return clusters
}

// answer is the cluster of an observation, and what was not linked. view is nil if none of its values
// identifies anybody.
type answer struct {
	view    *view
	refused []identity.Refusal
}

// answerOf returns the cluster of the e-mail, or that of the phone number if the e-mail is absent or
// blocked. reason is why the two values do not link, "" if they do.
func answerOf(e, ph *contact, reason identity.Reason) answer {
	var a answer
	if e != nil && e.blocked {
		a.refused = append(a.refused, identity.NewRefusal(identity.ReasonBlocked, identity.FieldEmail))
		e = nil
	}
	if ph != nil && ph.blocked {
		a.refused = append(a.refused, identity.NewRefusal(identity.ReasonBlocked, identity.FieldPhone))
		ph = nil
	}
	switch {
	case e != nil && ph != nil && reason != "":
		a.refused = append(a.refused, identity.NewRefusal(reason, identity.FieldPhone))
		fallthrough
	case e != nil:
		a.view = e.cluster.currentView()
	case ph != nil:
		a.view = ph.cluster.currentView()
	}
	return a
}

func (a answer) render() identity.Cluster {
	var c identity.Cluster
	if a.view != nil {
		c = a.view.render()
	}
	c.Refused = a.refused
	return c
}

// currentView returns a view of the cluster as it is now.
func (cl *cluster) currentView() *view {
	if cl.view == nil {
		cl.view = &view{members: cl.members}
	}
	return cl.view
}

// view is a cluster as it was after an observation.
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

// render returns the cluster of members.
func render(members []*contact) *identity.Cluster {
	members = slices.Clone(members)
	slices.SortFunc(members, older)
	c := identity.NewCluster(members, (*contact).member)
	return &c
}

func (c *contact) member() identity.Member {
	return identity.Member{Age: c.age(), Email: c.email, Phone: c.phone}
}
