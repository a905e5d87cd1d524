package correction

import (
	"context"
	"database/sql"
	"errors"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/ledger"
	"github.com/identikit/identikit/internal/store"
)

// Unseparate deletes a separation. Observations between the two clusters that were withheld only because
// of it link again, in the order of their ids. An unknown id is CodeRecordNotFound.
func (c *Corrector) Unseparate(ctx context.Context, id uint64, dryRun bool) (Change, error) {
	return ledger.Decide(ctx, c.ledger, dryRun, unseparating{id, c.policy})
}

type unseparating struct {
	id     uint64
	policy cluster.Policy
}

// Find implements ledger.Decision.
func (u unseparating) Find(ctx context.Context, r ledger.Reader) ([]uint64, error) {
	s, err := findSeparation(ctx, r, u.id)
	return []uint64{s.ContactID, s.OtherContactID}, err
}

// Apply implements ledger.Decision.
func (u unseparating) Apply(ctx context.Context, l *ledger.Locked) (Change, error) {
	s, err := findSeparation(ctx, l.Reader, u.id)
	if err != nil {
		return Change{}, err
	}
	g, err := l.Graph(ctx)
	if err != nil {
		return Change{}, err
	}
	change := Change{Before: g.Clusters()}
	if !l.DryRun {
		if err := l.Queries.DeleteSeparation(ctx, u.id); err != nil {
			return Change{}, err
		}
		if err := l.Queries.MarkSeparated(ctx, []uint64{s.ContactID, s.OtherContactID}); err != nil {
			return Change{}, err
		}
		tellBoth(l.Tx, identity.EventUnseparated, g.ByID(s.ContactID), g.ByID(s.OtherContactID))
	}
	p, err := u.plan(ctx, l, g, s)
	if err != nil {
		return Change{}, err
	}
	err = carryOut(ctx, l, p)
	change.After = g.Clusters()
	return change, err
}

// plan links what the other separations and the policy do not forbid.
func (u unseparating) plan(ctx context.Context, l *ledger.Locked, g *cluster.Graph, s store.Separation) (*cluster.Plan, error) {
	if err := l.ReadRules(ctx, g, u.policy, g.IDs()); err != nil {
		return nil, err
	}
	g.EndSeparation(cluster.Separation{ContactID: s.ContactID, OtherID: s.OtherContactID})
	withheld, err := l.ListWithheldIn(ctx, g, identity.ReasonSeparated)
	if err != nil {
		return nil, err
	}
	p := cluster.NewPlan(g, u.policy, nil)
	p.DecideAgain(withheld)
	return p, nil
}

func findSeparation(ctx context.Context, r ledger.Reader, id uint64) (store.Separation, error) {
	s, err := r.Queries.FindSeparation(ctx, id)
	if errors.Is(err, sql.ErrNoRows) {
		err = identity.Errorf(identity.CodeRecordNotFound, "There is no separation %d.", id)
	}
	return s, err
}
