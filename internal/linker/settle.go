package linker

import (
	"context"
	"maps"
	"slices"

	"github.com/identikit/identikit/internal/store"
)

// moveChunk bounds one statement.
const moveChunk = 1000

// settle makes the clusters of a locked graph what its observations say, in the graph and in the
// database, and returns what happened. All observations of its contacts must lie within it.
func settle(ctx context.Context, q *store.Queries, g *graph) ([]store.NewEvent, error) {
	contacts := g.contacts()
	was := make(map[*contact]*contact, len(contacts)) // primaries
	for _, c := range contacts {
		was[c] = c.cluster.root
	}
	evidence, err := q.ListEvidence(ctx, g.ids())
	if err != nil {
		return nil, err
	}
	for _, c := range contacts {
		new(cluster).add(c)
	}
	for _, o := range evidence {
		join(g.byID[o.EmailContactID].cluster, g.byID[o.PhoneContactID].cluster)
	}
	var events []store.NewEvent
	var raised []uint64
	var moved []store.FindContactsRow
	for _, c := range contacts {
		root := c.cluster.primary()
		if c == root && was[c] != c {
			events = append(events, store.NewEvent{Kind: store.EventsKindSplit, ContactID: c.id, PrimaryID: was[c].id})
		}
		switch {
		case !c.hang(root):
		case c == root:
			raised = append(raised, c.id)
		default:
			moved = append(moved, row(c))
		}
	}
	for chunk := range slices.Chunk(raised, moveChunk) {
		if err := q.MakePrimaries(ctx, chunk); err != nil {
			return nil, err
		}
	}
	for chunk := range slices.Chunk(moved, moveChunk) {
		if err := q.MoveContacts(ctx, chunk); err != nil {
			return nil, err
		}
	}
	return events, nil
}

// ids lists the contacts of the graph, ascending.
func (g *graph) ids() []uint64 {
	return slices.Sorted(maps.Keys(g.byID))
}

// contacts lists the contacts of the graph by age.
func (g *graph) contacts() []*contact {
	return slices.SortedFunc(maps.Values(g.byID), older)
}

// join moves the members of the smaller of two clusters over to the other.
func join(a, b *cluster) {
	if a == b {
		return
	}
	if len(a.members) < len(b.members) {
		a, b = b, a
	}
	for _, c := range b.members {
		a.add(c)
	}
}

// primary finds the oldest member, once for a cluster that does not change any more.
func (cl *cluster) primary() *contact {
	if cl.root == nil {
		cl.root = slices.MinFunc(cl.members, older)
	}
	return cl.root
}

// hang links a contact to its primary, and tells whether that is a change.
func (c *contact) hang(root *contact) bool {
	var link uint64
	if c != root {
		link = root.id
	}
	changed := c.linkedID != link
	c.linkedID = link
	return changed
}
