package correction

import (
	"context"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/ledger"
	"github.com/identikit/identikit/internal/mysql"
)

// Restore takes a retraction back and links the two values again, whatever the policy says. Restoring
// an observation that links changes nothing. It is CodeNotRetracted when the observation is withheld
// for another reason, CodeValueBlocked when a value of it is blocked, CodeContactsSeparated when it would unite
// contacts that were separated, and CodeRecordNotFound for an unknown id.
func (c *Corrector) Restore(ctx context.Context, observation uint64, dryRun bool) (Change, error) {
	return ledger.Decide(ctx, c.ledger, dryRun, restoration{observation})
}

type restoration struct{ observation uint64 }

// Find implements ledger.Decision.
func (d restoration) Find(ctx context.Context, r ledger.Reader) ([]uint64, error) {
	return endsOf(ctx, r, d.observation)
}

// Apply implements ledger.Decision.
func (d restoration) Apply(ctx context.Context, l *ledger.Locked) (Change, error) {
	o, err := l.FindObservation(ctx, d.observation)
	if err != nil {
		return Change{}, err
	}
	effect := cluster.EffectOf(cluster.Restore, o.Withheld)
	if effect == cluster.Conflict {
		return Change{}, identity.Errorf(identity.CodeNotRetracted,
			"Observation %d was not retracted. It does not link for the reason %s.", o.ID, o.Withheld)
	}
	return linkAgain(ctx, l, o, effect)
}

// linkAgain makes an observation link, unless it does already or a decision forbids it.
func linkAgain(ctx context.Context, l *ledger.Locked, o cluster.Record, effect cluster.Effect) (Change, error) {
	g, err := l.Graph(ctx)
	if err != nil {
		return Change{}, err
	}
	if g.ByID(o.Email) == nil || g.ByID(o.Phone) == nil {
		return Change{}, mysql.ErrRetry
	}
	change := Change{Before: g.Clusters()}
	if effect == cluster.Keep {
		change.After = change.Before
		return change, nil
	}
	if err := l.ReadSeparations(ctx, g); err != nil {
		return Change{}, err
	}
	p := cluster.NewPlan(g, cluster.Policy{}, nil)
	if err := p.LinkAgain(cluster.Observed{ID: o.ID, Pair: o.Pair}); err != nil {
		return Change{}, err
	}
	if err := carryOut(ctx, l, p); err != nil {
		return Change{}, err
	}
	change.After = g.Clusters()
	if l.DryRun {
		return change, nil
	}
	e := g.ByID(o.Email)
	l.Tell(cluster.Event{Kind: identity.EventRestored, Contact: e, Primary: e.Primary(), Observation: o.ID})
	if o.Withheld != identity.ReasonRetracted {
		return change, nil
	}
	return change, l.Queries.DeleteRetractions(ctx, []uint64{o.ID})
}

// carryOut writes a plan or, in a dry run, only works its result out.
func carryOut(ctx context.Context, l *ledger.Locked, p *cluster.Plan) error {
	if l.DryRun {
		p.Resolve()
		return nil
	}
	return l.WritePlan(ctx, p)
}
