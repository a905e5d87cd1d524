package linker

import (
	"context"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

// Restore takes a retraction back and links the two values again, whatever the policy says. Restoring
// an observation that links changes nothing. It is CodeConflict when the observation is withheld for
// another reason, when a value of it is blocked, or when it would unite contacts that were separated. An
// unknown id is CodeNotFound.
func (l *Linker) Restore(ctx context.Context, observation uint64, dryRun bool) (Change, error) {
	return correct(ctx, l, dryRun, restoration{observation})
}

type restoration struct{ observation uint64 }

func (r restoration) find(ctx context.Context, q *store.Queries) ([]uint64, error) {
	return endsOf(ctx, q, r.observation)
}

func (r restoration) apply(ctx context.Context, c *lockedClusters) (Change, error) {
	o, err := findObservation(ctx, c.q, r.observation)
	if err != nil {
		return Change{}, err
	}
	if o.Withheld != "" && o.Withheld != identity.ReasonRetracted {
		return Change{}, conflict("Observation %d is not retracted; it does not link for another reason: %s.", o.ID, o.Withheld)
	}
	return c.linkAgain(ctx, o)
}

// endsOf returns both contacts of an observation.
func endsOf(ctx context.Context, q *store.Queries, observation uint64) ([]uint64, error) {
	o, err := findObservation(ctx, q, observation)
	return []uint64{o.EmailContactID, o.PhoneContactID}, err
}

// linkAgain makes an observation evidence, unless it is that already or a decision forbids it.
func (c *lockedClusters) linkAgain(ctx context.Context, o store.FoundObservation) (Change, error) {
	g, err := c.graph(ctx)
	if err != nil {
		return Change{}, err
	}
	both := pair{g.byID[o.EmailContactID], g.byID[o.PhoneContactID]}
	if both.email == nil || both.phone == nil {
		return Change{}, mysql.ErrRetry
	}
	change := Change{Before: g.render()}
	if o.Withheld == "" {
		change.After = change.Before
		return change, nil
	}
	if err := g.readSeparations(ctx, c.q); err != nil {
		return Change{}, err
	}
	switch {
	case both.email.blocked || both.phone.blocked:
		return Change{}, conflict("A value of observation %d is blocked. Unblock it first.", o.ID)
	case both.email.cluster != both.phone.cluster && g.areSeparated(both.email.cluster, both.phone.cluster):
		return Change{}, conflict("Observation %d would unite contacts that were separated. Delete the separation first.", o.ID)
	}
	p := newPlan(g, Policy{}, nil)
	p.markAsEvidence(both, o.ID)
	if c.dryRun {
		p.resolve()
		change.After = g.render()
		return change, nil
	}
	if err := p.write(ctx, c.q); err != nil {
		return Change{}, err
	}
	change.After = g.render()
	return change, writeEvents(ctx, c.q, []event{{identity.EventRestored, both.email, both.email.cluster.root, o.ID}})
}

// markAsEvidence links two stored values, whatever is recorded of their observation.
func (p *plan) markAsEvidence(o pair, observation uint64) {
	if o.email.cluster != o.phone.cluster {
		p.merge(o.email, o.phone)
	}
	p.known[o] = &seenPair{pair: o}
	p.pairs = append(p.pairs, p.known[o])
	p.accepted = append(p.accepted, observation)
	o.email.phones++
	o.phone.emails++
}

// withhold gives the observation of two stored values another reason not to link.
func (p *plan) withhold(o pair, reason identity.Reason) {
	p.known[o] = &seenPair{pair: o, reason: reason}
	p.pairs = append(p.pairs, p.known[o])
}

// decideAgain decides anew about observations that were withheld, in their order, and links those that
// nothing forbids any more. Those with a value that is blocked stay as they are. Their contacts must be
// in the graph, with their separations and fan-out.
func (p *plan) decideAgain(withheld []observed) {
	for _, o := range withheld {
		both := pair{p.graph.byID[o.email], p.graph.byID[o.phone]}
		if both.email.blocked || both.phone.blocked {
			continue
		}
		if reason := p.linkRefusal(both.email, both.phone); reason != "" {
			p.withhold(both, reason)
		} else {
			p.markAsEvidence(both, o.id)
		}
	}
}

// observed is an observation by the ids of the contacts that hold its values.
type observed struct{ id, email, phone uint64 }
