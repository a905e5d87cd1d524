package cluster

import "slices"

// Isolation is a revision that takes observations of one value away. Its graph may be a part of the
// cluster: what these observations connect without the value, the value itself, and the primary.
type Isolation struct {
	*Revision
	hub     *Contact
	seen    map[uint64]bool
	reached map[*Contact]bool
}

// Isolate begins an isolation of the value that the contact hub has, and nothing else.
func (r *Revision) Isolate(hub *Contact) *Isolation {
	return &Isolation{Revision: r, hub: hub, seen: map[uint64]bool{}, reached: map[*Contact]bool{hub: true}}
}

// Reach adds observations that link, with their contacts in the graph, and returns the contacts that they
// reach for the first time. The observations of these must be reached, too, and so on.
func (i *Isolation) Reach(found []Observed) (reached []*Contact, err error) {
	for _, o := range found {
		if i.seen[o.ID] {
			continue
		}
		i.seen[o.ID] = true
		e, err := i.addEvidence(o)
		if err != nil {
			return nil, err
		}
		for _, c := range []*Contact{e.Email, e.Phone} {
			if !i.reached[c] {
				i.reached[c] = true
				reached = append(reached, c)
			}
		}
	}
	return reached, nil
}

// Detach takes the observations of the value away that were reached, regroups what they connected, and
// returns them. Unless these are the last ones, the part that has the primary keeps one: so the primary
// stays in the cluster, and of all contacts only those change that leave.
func (i *Isolation) Detach(last bool) (detached []uint64) {
	g := i.graph
	primary := i.was(i.hub)
	g.scatter()
	var own []evidence
	for _, e := range i.edges {
		if e.Email == i.hub || e.Phone == i.hub {
			own = append(own, e)
		} else {
			g.unite(e.Email.Component(), e.Phone.Component())
		}
	}
	for _, c := range g.contacts {
		if !i.reached[c] { // it stays with the value
			g.unite(i.hub.Component(), c.Component())
		}
	}
	keeps, kept := !last && primary.Component() != i.hub.Component(), false
	for _, e := range slices.Backward(own) {
		if keeps && (e.Email.Component() == primary.Component() || e.Phone.Component() == primary.Component()) {
			keeps, kept = false, true
			continue
		}
		detached = append(detached, e.id)
	}
	if kept {
		g.unite(i.hub.Component(), primary.Component())
	}
	i.relink()
	return detached
}
