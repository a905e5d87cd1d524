package cluster

import (
	"slices"

	"github.com/identikit/identikit/internal/identity"
)

// Answer is the cluster of an observation as it was right after it, and what was not linked.
type Answer struct {
	view    *view // nil if none of the values identifies anybody
	refused []identity.Refusal
}

// Cluster returns the answer for the caller. All contacts must have their ids.
func (a Answer) Cluster() identity.Cluster {
	var c identity.Cluster
	if a.view != nil {
		c = a.view.cluster()
	}
	c.Refused = a.refused
	return c
}

// answerFor returns the cluster of the e-mail, or that of the phone number if the e-mail is absent or
// blocked. withheld is why the two values do not link, Linked if they do.
func answerFor(e, ph *Contact, withheld identity.Reason) Answer {
	var a Answer
	if e != nil && e.Blocked {
		a.refused = append(a.refused, identity.NewRefusal(identity.ReasonBlocked, identity.FieldEmail))
		e = nil
	}
	if ph != nil && ph.Blocked {
		a.refused = append(a.refused, identity.NewRefusal(identity.ReasonBlocked, identity.FieldPhone))
		ph = nil
	}
	switch {
	case e != nil && ph != nil && withheld != Linked:
		a.refused = append(a.refused, identity.NewRefusal(withheld, identity.FieldPhone))
		fallthrough
	case e != nil:
		a.view = e.Component().currentView()
	case ph != nil:
		a.view = ph.Component().currentView()
	}
	return a
}

// view is a component as it was after an observation.
type view struct {
	members []*Contact
	shared  *identity.Cluster // nil until somebody asks
}

// currentView returns a view of the component as it is now.
func (m *Component) currentView() *view {
	if m.view == nil {
		m.view = &view{members: m.members}
	}
	return m.view
}

func (v *view) cluster() identity.Cluster {
	if v.shared == nil {
		c := clusterOf(v.members)
		v.shared = &c
	}
	return *v.shared
}

// clusterOf returns the cluster of contacts.
func clusterOf(members []*Contact) identity.Cluster {
	members = slices.Clone(members)
	slices.SortFunc(members, older)
	return identity.NewCluster(members, (*Contact).member)
}
