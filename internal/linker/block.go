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
	return l.inSteps(ctx, dryRun, func(after uint64) (step, error) {
		return correct(ctx, l, dryRun, blocking{value, reason, after})
	})
}

// blocking is one step of a block.
type blocking struct {
	value  identity.Observation
	reason string
	after  uint64 // the contact of the last observation that was looked at
}

func (b blocking) find(ctx context.Context, q *store.Queries) ([]uint64, error) {
	found, err := q.FindMatches(ctx, values([]identity.Observation{b.value}))
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return []uint64{found[0].ID}, nil
}

func (b blocking) apply(ctx context.Context, c *lockedClusters) (step, error) {
	if len(c.matches) == 0 {
		return b.introduce(ctx, c)
	}
	g, whole, err := c.part(ctx, c.matches[0])
	if err != nil {
		return step{}, err
	}
	hub := g.holder(b.value)
	if hub == nil {
		return step{}, mysql.ErrRetry
	}
	before := g.render()
	i, err := b.isolate(ctx, c, g, hub)
	if err != nil {
		return step{}, err
	}
	s := step{of: ofValue(hub.id, b.value), next: i.next, withheld: len(i.withheld), linked: -len(i.withheld)}
	s.Complete, s.ContactID = i.last, i.hub.id
	if !c.dryRun {
		err = b.write(ctx, c.q, i, &s)
	}
	if whole && i.last {
		s.Change = Change{before, g.render()}
	}
	return s, err
}

// isolate takes the next observations of the value out of the evidence.
func (b blocking) isolate(ctx context.Context, c *lockedClusters, g *graph, hub *contact) (*isolation, error) {
	i := &isolation{revision: newRevision(g), hub: hub}
	window, err := i.window(ctx, c.q, b.value, b.after, c.linker.bounds.step)
	if err != nil {
		return nil, err
	}
	if hub.values() == 2 {
		own, err := c.q.FindObservations(ctx, []store.Pair{{EmailContactID: hub.id, PhoneContactID: hub.id}})
		if err != nil {
			return nil, err
		}
		if len(own) != 1 {
			return nil, inconsistent("contact %d holds two values, and %d observations of them", hub.id, len(own))
		}
		if err := i.divide(ctx, c.q, hub, own[0].ID); err != nil {
			return nil, err
		}
		i.hub = g.holder(b.value)
	}
	if !i.hub.blocked {
		i.tell(store.EventsKindBlocked, i.hub, hub.cluster.root, 0)
	}
	if err := i.walk(ctx, c.q, window); err != nil {
		return nil, err
	}
	i.detach()
	return i, nil
}

func (b blocking) write(ctx context.Context, q *store.Queries, i *isolation, s *step) error {
	for chunk := range slices.Chunk(i.withheld, store.ChunkSize) {
		if err := q.BlockObservations(ctx, chunk); err != nil {
			return err
		}
	}
	if err := i.write(ctx, q); err != nil {
		return err
	}
	return b.store(ctx, q, i.hub.id, s)
}

// store stores the block itself.
func (b blocking) store(ctx context.Context, q *store.Queries, contact uint64, s *step) error {
	if err := q.MarkBlocked(ctx, store.MarkBlockedParams{Blocked: true, ID: contact}); err != nil {
		return err
	}
	id, err := q.InsertBlock(ctx, store.InsertBlockParams{ContactID: contact, Reason: b.reason, Complete: s.Complete})
	s.ID, s.ContactID, s.of = uint64(id), contact, ofValue(contact, b.value) //nolint:gosec // an id is not negative
	return err
}

// introduce stores a value that nobody holds, as a contact that is blocked.
func (b blocking) introduce(ctx context.Context, c *lockedClusters) (step, error) {
	g := newGraph()
	p := newPlan(g, Policy{}, []identity.Observation{b.value})
	s := step{}
	s.Complete = true
	if c.dryRun {
		p.resolve()
		g.added = p.added
		s.Change = Change{[]identity.Cluster{}, g.render()}
		return s, nil
	}
	if err := p.write(ctx, c.q); err != nil {
		return s, err
	}
	err := c.linker.findSuppressed(ctx, c.q, p.added, map[string]bool{})
	if errors.Is(err, errSuppressed) {
		err = conflict("This value was permanently erased. It links no one, and is not stored again to be blocked.")
	}
	if err != nil {
		return s, err
	}
	added := p.added[0]
	g.added = p.added
	s.Change = Change{[]identity.Cluster{}, g.render()}
	if err := b.store(ctx, c.q, added.id, &s); err != nil {
		return s, err
	}
	return s, writeEvents(ctx, c.q, []event{{store.EventsKindBlocked, added, added, 0}})
}

// holder returns the contact that holds the one value; nil when none in the graph does.
func (g *graph) holder(value identity.Observation) *contact {
	if value.Email != "" {
		return g.byEmail[value.Email]
	}
	return g.byPhone[value.Phone]
}
