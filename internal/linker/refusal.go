package linker

import (
	"context"
	"database/sql"
	"errors"

	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

// Accept links what was refused, whatever the policy says, and closes the refusal. Accepting again
// changes nothing. It is CodeConflict when the refusal was dismissed, when a value is blocked, or when it
// would unite contacts that were separated. An unknown id is CodeNotFound.
func (l *Linker) Accept(ctx context.Context, refusal uint64, dryRun bool) (Change, error) {
	return correct(ctx, l, dryRun, acceptance{refusal})
}

type acceptance struct{ refusal uint64 }

func (a acceptance) find(ctx context.Context, q *store.Queries) ([]uint64, error) {
	r, err := findRefusal(ctx, q, a.refusal)
	if err != nil {
		return nil, err
	}
	return endsOf(ctx, q, r.ObservationID)
}

func (a acceptance) apply(ctx context.Context, c *lockedClusters) (Change, error) {
	if !c.dryRun {
		// First, since it locks the refusal: who dismisses it at the same time takes no other lock.
		if _, err := c.q.CloseRefusal(ctx, closing(a.refusal, store.RefusalsResolutionAccepted)); err != nil {
			return Change{}, err
		}
	}
	r, err := findRefusal(ctx, c.q, a.refusal)
	if err != nil {
		return Change{}, err
	}
	if r.Resolution.RefusalsResolution == store.RefusalsResolutionDismissed {
		return Change{}, conflict("Refusal %d was dismissed.", a.refusal)
	}
	o, err := findObservation(ctx, c.q, r.ObservationID)
	if err != nil {
		return Change{}, err
	}
	return c.linkAgain(ctx, o)
}

// Dismiss closes a refusal: what was refused stays so and is not queued again. Dismissing again changes
// nothing. It is CodeConflict when the refusal was accepted, CodeNotFound when there is none.
func (l *Linker) Dismiss(ctx context.Context, refusal uint64) error {
	q := store.New(l.db)
	closed, err := q.CloseRefusal(ctx, closing(refusal, store.RefusalsResolutionDismissed))
	if err != nil || closed > 0 {
		return mysql.Translate(err)
	}
	r, err := findRefusal(ctx, q, refusal)
	if err == nil && r.Resolution.RefusalsResolution == store.RefusalsResolutionAccepted {
		err = conflict("Refusal %d was accepted. Retract observation %d to take that back.", refusal, r.ObservationID)
	}
	return mysql.Translate(err)
}

func closing(refusal uint64, as store.RefusalsResolution) store.CloseRefusalParams {
	return store.CloseRefusalParams{ID: refusal, Resolution: store.NullRefusalsResolution{RefusalsResolution: as, Valid: true}}
}

func findRefusal(ctx context.Context, q *store.Queries, id uint64) (store.Refusal, error) {
	r, err := q.FindRefusal(ctx, id)
	if errors.Is(err, sql.ErrNoRows) {
		err = notFound("There is no refusal %d.", id)
	}
	return r, err
}
