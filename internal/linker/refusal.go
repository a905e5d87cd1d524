package linker

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

// Accept links what was refused, whatever the policy says, and closes the refusal. It is CodeConflict
// when the refusal is closed, when a value is blocked, or when it would unite contacts that were
// separated. An unknown id is CodeNotFound.
func (l *Linker) Accept(ctx context.Context, refusal uint64, dryRun bool) (Change, error) {
	find := func(ctx context.Context, q *store.Queries) ([]uint64, error) {
		r, err := findRefusal(ctx, q, refusal)
		if err != nil {
			return nil, err
		}
		return l.endsOf(r.ObservationID)(ctx, q)
	}
	return l.change(ctx, dryRun, find, func(ctx context.Context, q *store.Queries, g *graph) error {
		r, err := findRefusal(ctx, q, refusal)
		switch {
		case err != nil:
			return err
		case r.ClosedAt != nil:
			return conflict("Refusal %d was closed.", refusal)
		}
		o, err := findObservation(ctx, q, r.ObservationID)
		if err != nil {
			return err
		}
		if err := admit(ctx, q, g, o); err != nil {
			return err
		}
		return q.InsertEvents(ctx, []store.NewEvent{{
			Kind: store.EventsKindRestored, ContactID: o.EmailContactID, PrimaryID: g.byID[o.EmailContactID].cluster.root.id,
			ObservationID: o.ID,
		}})
	})
}

// Dismiss closes a refusal: what was refused stays so and is not queued again. It is CodeConflict
// when the refusal is closed, CodeNotFound when there is none.
func (l *Linker) Dismiss(ctx context.Context, refusal uint64) error {
	q := store.New(l.db)
	closed, err := q.DismissRefusal(ctx, refusal)
	if err == nil && closed == 0 {
		if _, err = findRefusal(ctx, q, refusal); err == nil {
			err = conflict("Refusal %d was closed.", refusal)
		}
	}
	return mysql.Translate(err)
}

func findRefusal(ctx context.Context, q *store.Queries, id uint64) (store.Refusal, error) {
	r, err := q.FindRefusal(ctx, id)
	if errors.Is(err, sql.ErrNoRows) {
		err = &identity.Error{Code: identity.CodeNotFound, Detail: fmt.Sprintf("There is no refusal %d.", id)}
	}
	return r, err
}
