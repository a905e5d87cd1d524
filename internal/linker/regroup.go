package linker

import (
	"context"
	"maps"
	"slices"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/store"
)

// moveChunk is how many rows one statement writes.
const moveChunk = 1000

// edge is an observation that links two contacts of a graph.
type edge struct {
	id           uint64
	email, phone *contact
}

// revision is a graph whose evidence a correction changes: first in memory, so that a dry run differs
// only in that nothing is written.
type revision struct {
	graph   *graph
	edges   []edge
	divided []division
	events  []event
	was     map[*contact]*contact // the primaries as they are stored
	moved   []*contact            // contacts whose primary is another now
}

// revise returns a revision of clusters that were read whole, with their evidence.
func revise(ctx context.Context, q *store.Queries, g *graph) (*revision, error) {
	found, err := store.InChunks(g.ids(), func(ids []uint64) ([]store.ListEvidenceRow, error) { return q.ListEvidence(ctx, ids) })
	if err != nil {
		return nil, err
	}
	r := newRevision(g)
	for _, o := range found {
		if _, err := r.addEdge(observed{o.ID, o.EmailContactID, o.PhoneContactID}); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func newRevision(g *graph) *revision {
	r := &revision{graph: g, was: make(map[*contact]*contact, len(g.byID))}
	for _, c := range g.byID {
		r.was[c] = c.cluster.root
	}
	return r
}

// addEdge adds evidence, of which both ends must be in the graph.
func (r *revision) addEdge(o observed) (edge, error) {
	e := edge{o.id, r.graph.byID[o.email], r.graph.byID[o.phone]}
	for _, d := range r.divided {
		if e.email == d.from && d.to.email != "" {
			e.email = d.to
		}
		if e.phone == d.from && d.to.phone != "" {
			e.phone = d.to
		}
	}
	if e.email == nil || e.phone == nil {
		return e, inconsistent("observation %d links contacts %d and %d, which are not in one cluster", o.id, o.email, o.phone)
	}
	r.edges = append(r.edges, e)
	return e, nil
}

// storedID is the id under which the values of a contact are stored until the revision is written.
func (r *revision) storedID(c *contact) uint64 {
	for _, d := range r.divided {
		if d.to == c {
			return d.from.id
		}
	}
	return c.id
}

// drop takes evidence away.
func (r *revision) drop(match func(edge) bool) {
	r.edges = slices.DeleteFunc(r.edges, match)
}

// regroup makes the clusters of the graph what its evidence says, and notes what happened to whom.
// Each new cluster is told by a split, and then each other contact that went along with its primary.
func (r *revision) regroup() {
	contacts := r.graph.contacts()
	for _, c := range contacts {
		new(cluster).add(c)
	}
	for _, o := range r.edges {
		join(o.email.cluster, o.phone.cluster)
	}
	r.relink(contacts)
}

// relink links contacts, given by age, to the primaries of their clusters.
func (r *revision) relink(contacts []*contact) {
	followers := map[*contact][]*contact{}
	var split []*contact
	for _, c := range contacts {
		root := c.cluster.primary()
		if !c.hasPrimary(root) {
			r.moved = append(r.moved, c)
		}
		switch root {
		case r.was[c]:
		case c:
			split = append(split, c)
		default:
			followers[root] = append(followers[root], c)
		}
	}
	for _, root := range split {
		r.addEvent(identity.EventSplit, root, r.was[root], 0)
		for _, c := range followers[root] {
			r.addEvent(identity.EventMoved, c, root, 0)
		}
	}
}

func (r *revision) addEvent(kind identity.EventKind, c, primary *contact, observation uint64) {
	r.events = append(r.events, event{kind, c, primary, observation})
}

// write stores what changed. It must run in a transaction that holds the locks on all clusters of the
// graph.
func (r *revision) write(ctx context.Context, q *store.Queries) error {
	for _, d := range r.divided {
		if err := d.write(ctx, q, r.was[d.to]); err != nil {
			return err
		}
	}
	if err := writeLinks(ctx, q, r.moved); err != nil {
		return err
	}
	return writeEvents(ctx, q, r.events)
}

// minTogether is how many contacts must go under one primary for a statement of their own: a row that
// names the whole contact costs several times as much as an id, and a statement as much as ten rows.
const minTogether = 20

// writeLinks stores the primaries and ages of contacts; of new ones also where they were first stored.
func writeLinks(ctx context.Context, q *store.Queries, moved []*contact) error {
	var raised []uint64
	under, rows := map[uint64][]uint64{}, []store.MovedContact{}
	for _, c := range moved {
		c.linkedID = 0
		if root := c.cluster.root; c != root {
			c.linkedID = root.id
		}
		switch {
		case c.needsRow():
			rows = append(rows, row(c))
		case c.linkedID == 0:
			raised = append(raised, c.id)
		default:
			under[c.linkedID] = append(under[c.linkedID], c.id)
		}
	}
	for _, c := range moved {
		if !c.needsRow() && c.linkedID != 0 && len(under[c.linkedID]) < minTogether {
			rows = append(rows, row(c))
		}
	}
	for chunk := range slices.Chunk(raised, store.ChunkSize) {
		if err := q.MakePrimaries(ctx, chunk); err != nil {
			return err
		}
	}
	for chunk := range slices.Chunk(rows, moveChunk) {
		if err := q.MoveContacts(ctx, chunk); err != nil {
			return err
		}
	}
	return moveTogether(ctx, q, under)
}

// needsRow reports whether more of a contact is stored than its link: its age, or where it was first stored.
func (c *contact) needsRow() bool { return c.aged || c.isNew }

// moveTogether moves the contacts that go under one primary, where they are many.
func moveTogether(ctx context.Context, q *store.Queries, under map[uint64][]uint64) error {
	for _, root := range slices.Sorted(maps.Keys(under)) {
		if len(under[root]) < minTogether {
			continue
		}
		for chunk := range slices.Chunk(under[root], store.ChunkSize) {
			if err := q.MoveTo(ctx, store.MoveToParams{PrimaryID: &root, Ids: chunk}); err != nil {
				return err
			}
		}
	}
	return nil
}

// ids lists the stored contacts of the graph, ascending.
func (g *graph) ids() []uint64 {
	return slices.Sorted(maps.Keys(g.byID))
}

// contacts lists the contacts of the graph by age.
func (g *graph) contacts() []*contact {
	return slices.SortedFunc(func(yield func(*contact) bool) {
		for _, c := range g.byID {
			if !yield(c) {
				return
			}
		}
		for _, c := range g.added {
			if !yield(c) {
				return
			}
		}
	}, older)
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
	a.values += b.unread
	a.unread += b.unread
}

// primary finds the oldest member, once for a cluster that does not change any more.
func (cl *cluster) primary() *contact {
	if cl.root == nil {
		cl.root = slices.MinFunc(cl.members, older)
	}
	return cl.root
}
