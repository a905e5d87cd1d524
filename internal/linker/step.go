package linker

import (
	"context"
	"slices"
	"time"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

// bounds are what keeps one step of a block, or of its end, short: others wait for its locks.
type bounds struct {
	step  int // observations that are withheld, or link again
	shown int // contacts of a cluster that is read whole and shown; at most step
	read  int // contacts that are read to link again: each observation may bring a whole cluster
}

func defaultBounds() bounds { return bounds{step: 500, shown: 500, read: 1000} }

// Blocking is a block and how far it got, or its end.
type Blocking struct {
	ID        uint64 // of the block; 0 in a dry run of a new one
	ContactID uint64 // holds the value and nothing else; 0 in a dry run that would add it
	Complete  bool   // no observation of the value links; at the end of a block: it is gone

	// Linking and Withheld count the value's observations: those that link, and those that are withheld
	// because a value is blocked. They are counted as the block, or its end, begins, and kept by its
	// steps: what came with the value since then is not in them.
	Linking, Withheld int

	// Before and After are nil when it took more than one step, or a cluster has more than 500
	// contacts.
	Change

	after uint64 // the contact of the last observation that was looked at
}

// inSteps repeats do until it is complete, fails, or has used half of ctx's time. In between it pauses
// for two thirds of what the last step took, so that others get at the cluster and at the database. A dry run is
// one step: the next would begin where it began.
func inSteps(ctx context.Context, dryRun bool, do func() (Blocking, error)) (Blocking, error) {
	for end := halfOf(ctx); ; {
		start := time.Now()
		b, err := do()
		if err != nil || b.Complete || dryRun || time.Now().After(end) {
			return b, err
		}
		select {
		case <-ctx.Done():
			return Blocking{}, mysql.Translate(ctx.Err())
		case <-time.After(2 * time.Since(start) / 3):
		}
	}
}

// goOn returns how far a block got, or its end; when that only begins it counts the value's observations.
func goOn(ctx context.Context, q *store.Queries, b store.Block, begins bool, contact uint64, value identity.Observation) (Blocking, error) {
	at := Blocking{ID: b.ID, ContactID: contact, Complete: b.Complete, Linking: int(b.Linking), Withheld: int(b.Withheld), after: b.AfterID}
	if !begins {
		return at, nil
	}
	of := store.CountBlockedParams{PhoneContactID: contact}
	if value.Email != "" {
		of = store.CountBlockedParams{EmailContactID: contact}
	}
	n, err := q.CountBlocked(ctx, of)
	return Blocking{ID: b.ID, ContactID: contact, Linking: int(n.Linking), Withheld: int(n.Blocked)}, err
}

// part reads the cluster of a contact: the whole of it if that has at most bounds.shown contacts, else only
// the contact and its primary.
func (c *lockedClusters) part(ctx context.Context, m match) (g *graph, whole bool, err error) {
	if whole, err = c.isSmall(ctx, m.root); err != nil || whole {
		if err == nil {
			g, err = readClusters(ctx, c.q, []match{m}, nil)
		}
		return g, whole, err
	}
	g = newGraph()
	if err := g.load(ctx, c.q, []uint64{m.root, m.contact}); err != nil {
		return nil, false, err
	}
	g.byID[m.root].unread = true
	return g, false, nil
}

// isSmall tells whether the cluster of a primary has at most bounds.shown contacts.
func (c *lockedClusters) isSmall(ctx context.Context, root uint64) (bool, error) {
	most := c.linker.bounds.shown
	n, err := c.q.CountSecondariesUpTo(ctx, store.CountSecondariesUpToParams{
		LinkedID: &root, Limit: int32(most), //nolint:gosec // it is small
	})
	return n < int64(most), err
}

// clustersWith reads the clusters of the locked contacts, with that of the hub as part does.
func (c *lockedClusters) clustersWith(ctx context.Context, hub uint64) (g *graph, whole bool, err error) {
	at := c.matches[slices.IndexFunc(c.matches, func(m match) bool { return m.contact == hub })]
	if whole, err = c.isSmall(ctx, at.root); err != nil || whole {
		if err == nil {
			g, err = c.graph(ctx)
		}
		return g, whole, err
	}
	var others []match
	var inside []uint64
	for _, m := range c.matches {
		if m.root == at.root {
			inside = append(inside, m.contact)
		} else {
			others = append(others, m)
		}
	}
	if g, err = readClusters(ctx, c.q, others, nil); err != nil {
		return nil, false, err
	}
	g.matches = c.matches
	if err := g.load(ctx, c.q, append(inside, at.root)); err != nil {
		return nil, false, err
	}
	g.byID[at.root].unread = true
	return g, false, c.countUnread(ctx, g.byID[at.root])
}

// countUnread counts the values of a cluster that was read in part, as far as the policy bounds them.
func (c *lockedClusters) countUnread(ctx context.Context, root *contact) error {
	most := c.linker.policy.ClusterValues
	if most == 0 {
		return nil
	}
	held, err := c.q.CountValuesUpTo(ctx, store.CountValuesUpToParams{
		LinkedID: &root.id, Limit: int32(most), //nolint:gosec // at most a million
	})
	if err != nil {
		return err
	}
	root.cluster.unread = max(0, root.values()+int(held)-root.cluster.values)
	root.cluster.values += root.cluster.unread
	return nil
}

// readSeparationsFrom adds who in the graph was separated from somebody in a cluster that was read in
// part. Such a separation stands as one from its primary.
func (g *graph) readSeparationsFrom(ctx context.Context, q *store.Queries, root *contact) error {
	var marked, outside []uint64
	for _, c := range g.byID {
		if c.separated && c.cluster != root.cluster {
			marked = append(marked, c.id)
		}
	}
	slices.Sort(marked)
	found, err := store.InChunks(marked, func(ids []uint64) ([]store.ListSeparationsWithRow, error) {
		return q.ListSeparationsWith(ctx, store.ListSeparationsWithParams{ContactIds: ids, OtherContactIds: ids})
	})
	if err != nil {
		return err
	}
	for _, s := range found {
		outside = append(outside, s.ContactID, s.OtherContactID)
	}
	primaries, err := store.InChunks(outside, func(ids []uint64) ([]store.FindPrimariesRow, error) { return q.FindPrimaries(ctx, ids) })
	if err != nil {
		return err
	}
	inside := map[uint64]bool{}
	for _, p := range primaries {
		inside[p.ID] = p.PrimaryID == root.id
	}
	for _, s := range found {
		switch {
		case inside[s.ContactID] && !inside[s.OtherContactID]:
			g.separations = append(g.separations, store.ListSeparationsFromRow{ContactID: root.id, OtherContactID: s.OtherContactID})
		case inside[s.OtherContactID] && !inside[s.ContactID]:
			g.separations = append(g.separations, store.ListSeparationsFromRow{ContactID: s.ContactID, OtherContactID: root.id})
		}
	}
	return nil
}

// load adds contacts to the graph, whose primaries must be among them or in the graph.
func (g *graph) load(ctx context.Context, q *store.Queries, ids []uint64) error {
	rows, err := store.InChunks(ids, func(ids []uint64) ([]store.ListContactsByIDRow, error) { return q.ListContactsByID(ctx, ids) })
	if err != nil {
		return err
	}
	var loaded []*contact
	for _, r := range rows {
		if g.byID[r.ID] == nil {
			g.insert(store.ListMembersRow(r))
			loaded = append(loaded, g.byID[r.ID])
		}
	}
	for _, c := range loaded {
		root := c
		if c.linkedID != 0 {
			root = g.byID[c.linkedID]
		}
		if root == nil || root.linkedID != 0 {
			return mysql.ErrRetry
		}
		if root.cluster == nil {
			root.cluster = &cluster{root: root}
		}
		root.cluster.add(c)
	}
	return nil
}
