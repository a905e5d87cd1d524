package correction

import (
	"context"
	"errors"
	"slices"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/ledger"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
	"github.com/identikit/identikit/internal/suppression"
)

// Block declares that a value identifies nobody. From now on it links no one, and its cluster comes
// apart: its observations are withheld, a bounded number in one transaction, as many times as half of
// ctx's time allows. Where it is not complete, the same call continues. A transaction takes the longer the
// larger the largest part is that stays together without the value.
//
// A contact that holds this and another value is divided as in Retract. A value that nobody holds is
// stored, so that it is known when it comes; one that was permanently erased is CodeValueErased. A block that
// exists gets the new reason. A dry run shows the first step.
func (c *Corrector) Block(ctx context.Context, value identity.Observation, reason string, dryRun bool) (Blocking, error) {
	return inSteps(ctx, dryRun, func() (Blocking, error) {
		return ledger.Decide(ctx, c.ledger, dryRun, blocking{value, reason, c.keys, c.bounds})
	})
}

// blocking is one step of a block.
type blocking struct {
	value  identity.Observation
	reason string
	keys   suppression.Keys
	bounds
}

// Find implements ledger.Decision.
func (b blocking) Find(ctx context.Context, r ledger.Reader) ([]uint64, error) {
	found, err := r.FindMatches(ctx, []identity.Observation{b.value})
	return found.Contacts(), err
}

// Apply implements ledger.Decision.
func (b blocking) Apply(ctx context.Context, l *ledger.Locked) (Blocking, error) {
	if len(l.Matches) == 0 {
		return b.introduce(ctx, l)
	}
	g, whole, err := l.ReadPart(ctx, l.Matches[0], b.shown)
	if err != nil {
		return Blocking{}, err
	}
	hub := g.Holder(b.value)
	if hub == nil {
		return Blocking{}, mysql.ErrRetry
	}
	block, err := l.Queries.FindBlockOf(ctx, hub.ID)
	if ignoreNoRows(err) != nil {
		return Blocking{}, err
	}
	begins, before := !hub.Blocked, g.Clusters()
	at, err := goOn(ctx, l.Queries, block, begins, hub.ID, b.value)
	if err != nil {
		return Blocking{}, err
	}
	s := isolation{revision: cluster.NewRevision(g), graph: g, hub: hub}
	if !at.Complete {
		if err := s.run(ctx, l.Reader, b.value, at.after, b.step); err != nil {
			return Blocking{}, err
		}
		s.advance(&at)
	}
	if !l.DryRun {
		at, err = b.write(ctx, l.Tx, s, at)
	}
	if whole && begins && at.Complete {
		at.Change = Change{before, g.Clusters()}
	}
	return at, err
}

func (b blocking) write(ctx context.Context, tx *ledger.Tx, s isolation, at Blocking) (Blocking, error) {
	if len(s.withheld) > 0 {
		tx.Changes()
	}
	for chunk := range slices.Chunk(s.withheld, store.ChunkSize) {
		if err := tx.Queries.BlockObservations(ctx, chunk); err != nil {
			return at, err
		}
	}
	if err := tx.WriteRevision(ctx, s.revision); err != nil {
		return at, err
	}
	at.ContactID = s.hub.ID
	return b.store(ctx, tx.Queries, at)
}

// store stores the block itself.
func (b blocking) store(ctx context.Context, q *store.Queries, at Blocking) (Blocking, error) {
	if err := q.MarkBlocked(ctx, store.MarkBlockedParams{Blocked: true, ID: at.ContactID}); err != nil {
		return at, err
	}
	id, err := q.InsertBlock(ctx, store.InsertBlockParams{
		ContactID: at.ContactID, Reason: b.reason, KeyID: identity.ActorOf(ctx), Complete: at.Complete, AfterID: at.after,
		Linking: uint32(at.Linking), Withheld: uint32(at.Withheld), //nolint:gosec // counts of rows
	})
	at.ID = uint64(id) //nolint:gosec // an id is not negative
	return at, err
}

// introduce stores a value that nobody holds, as a contact that is blocked.
func (b blocking) introduce(ctx context.Context, l *ledger.Locked) (Blocking, error) {
	g := cluster.NewGraph()
	p := cluster.NewPlan(g, cluster.Policy{}, []identity.Observation{b.value})
	at := Blocking{Complete: true}
	if err := carryOut(ctx, l, p); err != nil {
		return at, err
	}
	at.Change = Change{[]identity.Cluster{}, g.Clusters()}
	if l.DryRun {
		return at, nil
	}
	err := b.keys.Find(ctx, l.Tx, p.Added(), map[string]bool{})
	if errors.Is(err, suppression.ErrSuppressed) {
		err = identity.Errorf(identity.CodeValueErased, "This value was permanently erased. It cannot link anything and need not be blocked.")
	}
	if err != nil {
		return at, err
	}
	added := p.Added()[0]
	at.ContactID = added.ID
	l.Tell(cluster.Event{Kind: identity.EventBlocked, Contact: added, Primary: added})
	return b.store(ctx, l.Queries, at)
}
