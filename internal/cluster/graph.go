package cluster

import (
	"cmp"
	"maps"
	"slices"

	"github.com/identikit/identikit/internal/identity"
)

// Graph is what is known of some clusters: all their contacts, unless a primary is Partial, and what was
// read of their observations and separations.
type Graph struct {
	contacts   []*Contact // stored and new
	placed     int        // of contacts, how many are in components
	forest     Forest
	components []*Component // by node; nil for a node that is not the root of its component

	byEmail, byPhone map[string]*Contact
	byID             map[uint64]*Contact // stored contacts

	recorded    map[Pair]Record
	separations []Separation
	suppressed  map[string]bool // values that must not be stored
}

// NewGraph returns an empty graph.
func NewGraph() *Graph {
	return &Graph{
		byEmail: map[string]*Contact{}, byPhone: map[string]*Contact{}, byID: map[uint64]*Contact{}, recorded: map[Pair]Record{},
	}
}

// Insert adds a stored contact. Connect must follow. It returns false when the graph has the contact
// already.
func (g *Graph) Insert(c *Contact) bool {
	if g.byID[c.ID] != nil {
		return false
	}
	g.byID[c.ID] = c
	g.hold(c)
	return true
}

// hold adds a contact and makes it found by its values.
func (g *Graph) hold(c *Contact) {
	c.graph = g
	g.contacts = append(g.contacts, c)
	if c.Email != "" {
		g.byEmail[c.Email] = c
	}
	if c.Phone != "" {
		g.byPhone[c.Phone] = c
	}
}

// Connect puts the contacts that were inserted into the components of their primaries. It returns false
// when a primary is missing or is none: the rows are not of one moment.
func (g *Graph) Connect() bool {
	inserted := g.contacts[g.placed:]
	for _, c := range inserted {
		if c.LinkedID == 0 {
			g.place(c).primary = c
		}
	}
	for _, c := range inserted {
		if c.LinkedID == 0 {
			continue
		}
		primary := g.byID[c.LinkedID]
		if primary == nil || primary.LinkedID != 0 {
			return false
		}
		g.attach(c, primary.Component())
	}
	g.placed = len(g.contacts)
	return true
}

// addNew adds a contact that has no id yet, to a component or, if that is nil, as one of its own.
func (g *Graph) addNew(c *Contact, to *Component) {
	g.hold(c)
	if to == nil {
		g.place(c)
	} else {
		g.attach(c, to)
	}
	g.placed = len(g.contacts)
}

// remove takes a contact out of the graph. Its component keeps its members otherwise.
func (g *Graph) remove(c *Contact) {
	m := c.Component()
	delete(g.byID, c.ID)
	delete(g.byEmail, c.Email)
	delete(g.byPhone, c.Phone)
	is := func(other *Contact) bool { return other == c }
	g.contacts = slices.DeleteFunc(g.contacts, is)
	g.placed = len(g.contacts)
	m.members = slices.DeleteFunc(slices.Clone(m.members), is)
}

// ByID returns a stored contact, nil when it is not in the graph.
func (g *Graph) ByID(id uint64) *Contact { return g.byID[id] }

// ByEmail returns the contact with an e-mail address, nil when none in the graph has it.
func (g *Graph) ByEmail(email string) *Contact { return g.byEmail[email] }

// ByPhone is ByEmail for a phone number.
func (g *Graph) ByPhone(phone string) *Contact { return g.byPhone[phone] }

// Holder returns the contact that has the one value of an observation, nil when none in the graph has it.
func (g *Graph) Holder(value identity.Observation) *Contact {
	if value.Email != "" {
		return g.byEmail[value.Email]
	}
	return g.byPhone[value.Phone]
}

// IDs lists the stored contacts, ascending.
func (g *Graph) IDs() []uint64 { return slices.Sorted(maps.Keys(g.byID)) }

// Contacts lists the contacts by age.
func (g *Graph) Contacts() []*Contact { return slices.SortedFunc(slices.Values(g.contacts), older) }

// Clusters lists the components by the ids of their primaries; those of new contacts come last. In the
// lists of secondaries there is no contact without an id.
func (g *Graph) Clusters() []identity.Cluster {
	clusters := []identity.Cluster{}
	seen := map[*Component]bool{}
	for _, c := range g.Contacts() {
		m := c.Component()
		if seen[m] {
			continue
		}
		seen[m] = true
		cluster := clusterOf(m.members)
		cluster.SecondaryIDs = slices.DeleteFunc(cluster.SecondaryIDs, func(id uint64) bool { return id == 0 })
		clusters = append(clusters, cluster)
	}
	slices.SortStableFunc(clusters, func(a, b identity.Cluster) int {
		return cmp.Compare(a.PrimaryID-1, b.PrimaryID-1) // 0-1 is the largest number
	})
	return clusters
}
