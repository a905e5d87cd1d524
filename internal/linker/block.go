package linker

import (
	"context"
	"errors"
	"slices"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

// Block declares that a value identifies nobody. From now on it links no one, and its cluster comes
// apart: its observations are withheld, a bounded number in one transaction, as many times as half of
// ctx's time allows. Where it is not complete, the same call continues. A transaction takes the longer the
// larger the largest part is that stays together without the value.
//
// A contact that holds this and another value is divided as in Retract. A value that nobody holds is
// stored, so that it is known when it comes; one that was permanently erased is CodeConflict. A block that
// exists gets the new reason. A dry run shows the first step.
func (l *Linker) Block(ctx context.Context, value identity.Observation, reason string, dryRun bool) (Blocking, error) {
	return inSteps(ctx, dryRun, func() (Blocking, error) {
		return correct(ctx, l, dryRun, blocking{value, reason})
	})
}

// blocking is one step of a block.
type blocking struct {
	value  identity.Observation
	reason string
}

func (b blocking) find(ctx context.Context, q *store.Queries) ([]uint64, error) {
	found, err := q.FindMatches(ctx, values([]identity.Observation{b.value}))
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return []uint64{found[0].ID}, nil
}

func (b blocking) apply(ctx context.Context, c *lockedClusters) (Blocking, error) {
	if len(c.matches) == 0 {
		return b.introduce(ctx, c)
	}
	g, whole, err := c.part(ctx, c.matches[0])
	if err != nil {
		return Blocking{}, err
	}
	hub := g.holder(b.value)
	if hub == nil {
		return Blocking{}, mysql.ErrRetry
	}
	block, err := c.q.FindBlockOf(ctx, hub.id)
	if ignoreNoRows(err) != nil {
		return Blocking{}, err
	}
	begins := !hub.blocked
	at, err := goOn(ctx, c.q, block, begins, hub.id, b.value)
	if err != nil {
		return Blocking{}, err
	}
	before := g.render()
	i := &isolation{revision: newRevision(g), hub: hub}
	if !at.Complete {
		if err := b.isolate(ctx, c, i, at.after); err != nil {
			return Blocking{}, err
		}
		at.Complete, at.after, at.ContactID = i.last, i.next, i.hub.id
		at.Linking = max(0, at.Linking-len(i.withheld))
		at.Withheld += len(i.withheld)
		if i.last {
			at.Linking = 0 // some may have been erased since they were counted
		}
	}
	if !c.dryRun {
		at, err = b.write(ctx, c.q, i, at)
	}
	if whole && begins && at.Complete {
		at.Change = Change{before, g.render()}
	}
	return at, err
}

// isolate takes the next observations of the value out of the evidence.
func (b blocking) isolate(ctx context.Context, c *lockedClusters, i *isolation, after uint64) error {
	hub := i.hub
	window, err := i.window(ctx, c.q, b.value, after, c.linker.bounds.step)
	if err != nil {
		return err
	}
	if hub.values() == 2 {
		own, err := c.q.FindObservations(ctx, []store.Pair{{EmailContactID: hub.id, PhoneContactID: hub.id}})
		if err != nil {
			return err
		}
		if len(own) != 1 {
			return inconsistent("contact %d holds two values, and %d observations of them", hub.id, len(own))
		}
		if err := i.divide(ctx, c.q, hub, own[0].ID); err != nil {
			return err
		}
		i.hub = i.graph.holder(b.value)
	}
	if !i.hub.blocked {
		i.addEvent(identity.EventBlocked, i.hub, hub.cluster.root, 0)
	}
	if err := i.walk(ctx, c.q, window); err != nil {
		return err
	}
	i.detach()
	return nil
}

func (b blocking) write(ctx context.Context, q *store.Queries, i *isolation, at Blocking) (Blocking, error) {
	for chunk := range slices.Chunk(i.withheld, store.ChunkSize) {
		if err := q.BlockObservations(ctx, chunk); err != nil {
			return at, err
		}
	}
	if err := i.write(ctx, q); err != nil {
		return at, err
	}
	at.ContactID = i.hub.id
	return b.store(ctx, q, at)
}

// store stores the block itself.
func (b blocking) store(ctx context.Context, q *store.Queries, at Blocking) (Blocking, error) {
	if err := q.MarkBlocked(ctx, store.MarkBlockedParams{Blocked: true, ID: at.ContactID}); err != nil {
		return at, err
	}
	id, err := q.InsertBlock(ctx, store.InsertBlockParams{
		ContactID: at.ContactID, Reason: b.reason, Complete: at.Complete, AfterID: at.after,
		Linking: uint32(at.Linking), Withheld: uint32(at.Withheld), //nolint:gosec // counts of rows
	})
	at.ID = uint64(id) //nolint:gosec // an id is not negative
	return at, err
}

// introduce stores a value that nobody holds, as a contact that is blocked.
func (b blocking) introduce(ctx context.Context, c *lockedClusters) (Blocking, error) {
	g := newGraph()
	p := newPlan(g, Policy{}, []identity.Observation{b.value})
	g.added = p.added
	at := Blocking{Complete: true}
	if c.dryRun {
		p.resolve()
		at.Change = Change{[]identity.Cluster{}, g.render()}
		return at, nil
	}
	if err := p.write(ctx, c.q); err != nil {
		return at, err
	}
	err := c.linker.findSuppressed(ctx, c.q, p.added, map[string]bool{})
	if errors.Is(err, errSuppressed) {
		err = conflict("This value was permanently erased. It links no one, and is not stored again to be blocked.")
	}
	if err != nil {
		return at, err
	}
	added := p.added[0]
	at.ContactID, at.Change = added.id, Change{[]identity.Cluster{}, g.render()}
	if at, err = b.store(ctx, c.q, at); err != nil {
		return at, err
	}
	return at, writeEvents(ctx, c.q, []event{{identity.EventBlocked, added, added, 0}})
}

// holder returns the contact that holds the one value; nil when none in the graph does.
func (g *graph) holder(value identity.Observation) *contact {
	if value.Email != "" {
		return g.byEmail[value.Email]
	}
	return g.byPhone[value.Phone]
}
