package correction

import (
	"context"
	"time"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

// Resolved is what became of several refusals.
type Resolved struct {
	Results  []ResolveResult // one for each refusal, in their order
	Complete bool            // all refusals were reached

	// CustomersBefore is how many customers the accepted refusals were about, and CustomersAfter how many are
	// left of them.
	CustomersBefore, CustomersAfter int
}

// ResolveResult is what became of one of several refusals.
type ResolveResult struct {
	Reached bool
	Err     error // nil, or an *identity.Error about this refusal
}

// AcceptAll accepts refusals one after the other, each as Accept does, as many as half of ctx's time allows
// and at least one. If not all were reached, the same call continues, since accepting again changes nothing.
// An error that is not about one refusal ends it, and what is accepted stays so.
//
// A dry run tries each refusal on its own: of two that contradict each other, both succeed.
func (c *Corrector) AcceptAll(ctx context.Context, refusals []uint64, dryRun bool) (Resolved, error) {
	customers := customers{at: map[uint64]uint32{}}
	r, err := resolveAll(ctx, refusals, func(id uint64) error {
		change, err := c.Accept(ctx, id, dryRun)
		customers.unite(change)
		return err
	})
	r.CustomersBefore, r.CustomersAfter = len(customers.at), customers.components
	return r, err
}

// DismissAll is AcceptAll for Dismiss.
func (c *Corrector) DismissAll(ctx context.Context, refusals []uint64, dryRun bool) (Resolved, error) {
	return resolveAll(ctx, refusals, func(id uint64) error {
		if dryRun {
			return c.wouldDismiss(ctx, id)
		}
		return c.Dismiss(ctx, id)
	})
}

func resolveAll(ctx context.Context, refusals []uint64, resolve func(id uint64) error) (Resolved, error) {
	end := halfOf(ctx)
	r := Resolved{Results: make([]ResolveResult, len(refusals))}
	for i, id := range refusals {
		if i > 0 && time.Now().After(end) {
			return r, nil
		}
		err := resolve(id)
		if identity.CodeOf(err).IsFailure() {
			return r, err
		}
		r.Results[i] = ResolveResult{true, err}
	}
	r.Complete = true
	return r, nil
}

// wouldDismiss returns the error that Dismiss would.
func (c *Corrector) wouldDismiss(ctx context.Context, id uint64) error {
	found, err := findRefusal(ctx, c.ledger.Reader(), id)
	if err != nil {
		return mysql.Translate(err)
	}
	if found.Resolution.RefusalsResolution == store.RefusalsResolutionAccepted {
		return alreadyAccepted(found)
	}
	return nil
}

// customers counts the clusters that a sequence of changes merges.
type customers struct {
	at         map[uint64]uint32 // the node of a primary
	forest     cluster.Forest
	components int
}

// unite joins the clusters of a change.
func (c *customers) unite(change Change) {
	var first uint32
	for i, before := range change.Before {
		node, known := c.at[before.PrimaryID]
		if !known {
			node = c.forest.Add()
			c.at[before.PrimaryID] = node
			c.components++
		}
		root := c.forest.Root(node)
		if i == 0 {
			first = root
		} else if root != first && len(change.After) == 1 {
			c.forest.Unite(first, root)
			c.components--
		}
	}
}
