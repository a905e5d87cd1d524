package ledger

import (
	"context"
	"slices"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/store"
)

// ReadRules adds to a graph what may forbid to link: the separations, and as far as the policy limits it
// the fan-out of the given contacts. Under the locks nothing of it changes.
func (r Reader) ReadRules(ctx context.Context, g *cluster.Graph, policy cluster.Policy, ids []uint64) error {
	if err := r.ReadSeparations(ctx, g); err != nil || !policy.LimitsFanOut() {
		return err
	}
	return r.readFanOut(ctx, g, ids)
}

// readFanOut counts the observations of the values of contacts.
func (r Reader) readFanOut(ctx context.Context, g *cluster.Graph, ids []uint64) error {
	counted, err := store.InChunks(ids, func(chunk []uint64) ([]store.CountFanOutRow, error) {
		return r.Queries.CountFanOut(ctx, store.CountFanOutParams{EmailContactIds: chunk, PhoneContactIds: chunk})
	})
	for _, n := range counted {
		if c := g.ByID(n.ContactID); n.OfEmail != 0 {
			c.Phones = int(n.Observations)
		} else {
			c.Emails = int(n.Observations)
		}
	}
	return err
}

// ReadSeparations adds the separations between contacts of a graph.
func (r Reader) ReadSeparations(ctx context.Context, g *cluster.Graph) error {
	var ids []uint64
	for _, id := range g.IDs() {
		if g.ByID(id).Separated {
			ids = append(ids, id)
		}
	}
	if len(ids) < 2 {
		return nil
	}
	found, err := store.InChunks(ids, func(chunk []uint64) ([]store.ListSeparationsFromRow, error) {
		return r.Queries.ListSeparationsFrom(ctx, chunk)
	})
	for _, s := range found {
		if g.ByID(s.OtherContactID) != nil {
			g.AddSeparation(cluster.Separation{ContactID: s.ContactID, OtherID: s.OtherContactID})
		}
	}
	return err
}

// readSeparationsFrom adds who in the graph was separated from somebody in a cluster that was read in
// part. Such a separation stands as one from its primary.
func (r Reader) readSeparationsFrom(ctx context.Context, g *cluster.Graph, primary *cluster.Contact) error {
	var marked, ends []uint64
	for _, id := range g.IDs() {
		if c := g.ByID(id); c.Separated && c.Component() != primary.Component() {
			marked = append(marked, id)
		}
	}
	found, err := store.InChunks(marked, func(ids []uint64) ([]store.ListSeparationsWithRow, error) {
		return r.Queries.ListSeparationsWith(ctx, store.ListSeparationsWithParams{ContactIds: ids, OtherContactIds: ids})
	})
	if err != nil {
		return err
	}
	for _, s := range found {
		ends = append(ends, s.ContactID, s.OtherContactID)
	}
	slices.Sort(ends)
	at, err := store.InChunks(slices.Compact(ends), func(ids []uint64) ([]store.FindPrimariesRow, error) {
		return r.Queries.FindPrimaries(ctx, ids)
	})
	if err != nil {
		return err
	}
	inside := map[uint64]bool{}
	for _, p := range at {
		inside[p.ID] = p.PrimaryID == primary.ID
	}
	for _, s := range found {
		switch {
		case inside[s.ContactID] && !inside[s.OtherContactID]:
			g.AddSeparation(cluster.Separation{ContactID: primary.ID, OtherID: s.OtherContactID})
		case inside[s.OtherContactID] && !inside[s.ContactID]:
			g.AddSeparation(cluster.Separation{ContactID: s.ContactID, OtherID: primary.ID})
		}
	}
	return nil
}
