package correction

import (
	"context"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/ledger"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

// Retract declares that the e-mail address and the phone number of an observation do not belong
// together. The observation is kept, and stays retracted when it is seen again. The cluster becomes what
// the other observations say; each part goes under its oldest contact.
//
// A contact that holds both values is divided: a new contact, as old, takes over one of them with its
// other observations. The e-mail address keeps the id, unless the phone number has more than 1,000
// observations and the e-mail address has not.
//
// A retraction that exists gets the new reason; nothing else changes. An unknown id is CodeRecordNotFound.
func (c *Corrector) Retract(ctx context.Context, observation uint64, reason string, dryRun bool) (Change, error) {
	return ledger.Decide(ctx, c.ledger, dryRun, retraction{observation, reason})
}

type retraction struct {
	observation uint64
	reason      string
}

// Find implements ledger.Decision.
func (d retraction) Find(ctx context.Context, r ledger.Reader) ([]uint64, error) {
	return endsOf(ctx, r, d.observation)
}

// Apply implements ledger.Decision.
func (d retraction) Apply(ctx context.Context, l *ledger.Locked) (Change, error) {
	g, err := l.Graph(ctx)
	if err != nil {
		return Change{}, err
	}
	o, err := l.FindObservation(ctx, d.observation)
	if err != nil {
		return Change{}, err
	}
	if g.ByID(o.Email) == nil || g.ByID(o.Phone) == nil {
		return Change{}, mysql.ErrRetry
	}
	change := Change{Before: g.Clusters()}
	if cluster.EffectOf(cluster.Retract, o.Withheld) == cluster.Keep {
		change.After = change.Before
		if l.DryRun {
			return change, nil
		}
		return change, d.store(ctx, l.Queries)
	}
	rev, err := d.revise(ctx, l.Reader, g, o)
	if err != nil {
		return Change{}, err
	}
	if !l.DryRun {
		err = d.write(ctx, l.Tx, rev)
	}
	change.After = g.Clusters()
	return change, err
}

// revise takes the observation out of the evidence.
func (d retraction) revise(ctx context.Context, r ledger.Reader, g *cluster.Graph, o cluster.Record) (*cluster.Revision, error) {
	rev, err := r.Revise(ctx, g)
	if err != nil {
		return nil, err
	}
	c := g.ByID(o.Email)
	rev.Retract(o.ID, c)
	if o.Email == o.Phone {
		moves, err := r.MovingValue(ctx, c.ID)
		if err != nil {
			return nil, err
		}
		rev.Divide(c, moves, o.ID)
	}
	rev.Regroup()
	return rev, nil
}

func (d retraction) write(ctx context.Context, tx *ledger.Tx, rev *cluster.Revision) error {
	if err := tx.Queries.RetractObservation(ctx, d.observation); err != nil {
		return err
	}
	if err := d.store(ctx, tx.Queries); err != nil {
		return err
	}
	if err := tx.Queries.DeleteRefusalOf(ctx, d.observation); err != nil {
		return err
	}
	return tx.WriteRevision(ctx, rev)
}

// store stores why the observation is retracted.
func (d retraction) store(ctx context.Context, q *store.Queries) error {
	return q.InsertRetractions(ctx, []store.NewRetraction{{ObservationID: d.observation, Reason: d.reason}}, identity.ActorOf(ctx))
}
