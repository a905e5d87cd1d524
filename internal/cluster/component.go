package cluster

import "slices"

// Component is the contacts of a graph that are connected.
type Component struct {
	members []*Contact // only appended to, so that views of it stay valid
	primary *Contact   // nil when all members are new
	values  int
	unread  int   // of the values, those of members that were not read
	view    *view // of the current members; nil if none was asked for
	root    uint32
}

// CountUnread adds the values of members that are not in the graph, given how many values all members
// have.
func (m *Component) CountUnread(all int) {
	m.unread = max(0, all-m.values)
	m.values += m.unread
}

// settle finds the oldest member and makes it the primary, unless there is one.
func (m *Component) settle() *Contact {
	if m.primary == nil {
		m.primary = slices.MinFunc(m.members, older)
	}
	return m.primary
}

// place makes a contact that is in no component one of its own.
func (g *Graph) place(c *Contact) *Component {
	c.node = g.forest.Add()
	m := &Component{members: []*Contact{c}, values: c.Values(), root: c.node}
	g.components = append(g.components, m)
	return m
}

// attach adds a contact that is in no component to one.
func (g *Graph) attach(c *Contact, to *Component) {
	c.node = g.forest.Add()
	g.components = append(g.components, nil)
	g.forest.Unite(to.root, c.node)
	to.members = append(to.members, c)
	to.values += c.Values()
	to.view = nil
}

// unite makes one component of two and returns it. The caller decides on its primary.
func (g *Graph) unite(a, b *Component) *Component {
	if a == b {
		return a
	}
	if len(a.members) < len(b.members) {
		a, b = b, a
	}
	g.forest.Unite(a.root, b.root)
	g.components[b.root] = nil
	a.members = append(a.members, b.members...)
	a.values += b.values
	a.unread += b.unread
	a.view = nil
	return a
}

// scatter makes each contact a component of its own, without a primary.
func (g *Graph) scatter() {
	g.forest, g.components = Forest{}, nil
	for _, c := range g.contacts {
		g.place(c)
	}
}
