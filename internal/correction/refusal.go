package correction

import (
	"context"
	"database/sql"
	"errors"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/ledger"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

// Accept links what was refused, whatever the policy says, and closes the refusal. Accepting again
// changes nothing. It is CodeRefusalDecided when the refusal was dismissed, CodeValueBlocked when a value is
// blocked, CodeContactsSeparated when it would unite contacts that were separated, and CodeRecordNotFound for an
// unknown id.
func (c *Corrector) Accept(ctx context.Context, refusal uint64, dryRun bool) (Change, error) {
	return ledger.Decide(ctx, c.ledger, dryRun, acceptance{refusal})
}

type acceptance struct{ refusal uint64 }

// Find implements ledger.Decision.
func (d acceptance) Find(ctx context.Context, r ledger.Reader) ([]uint64, error) {
	refusal, err := findRefusal(ctx, r, d.refusal)
	if err != nil {
		return nil, err
	}
	return endsOf(ctx, r, refusal.ObservationID)
}

// Apply implements ledger.Decision.
func (d acceptance) Apply(ctx context.Context, l *ledger.Locked) (Change, error) {
	if !l.DryRun {
		// First, since it locks the refusal: who dismisses it at the same time takes no other lock.
		if _, err := l.Queries.CloseRefusal(ctx, closing(ctx, d.refusal, store.RefusalsResolutionAccepted)); err != nil {
			return Change{}, err
		}
	}
	refusal, err := findRefusal(ctx, l.Reader, d.refusal)
	if err != nil {
		return Change{}, err
	}
	if refusal.Resolution.RefusalsResolution == store.RefusalsResolutionDismissed {
		return Change{}, identity.Errorf(identity.CodeRefusalDecided,
			"Refusal %d was dismissed. To link its values, retract observation %d and restore it.", d.refusal, refusal.ObservationID)
	}
	o, err := l.FindObservation(ctx, refusal.ObservationID)
	if err != nil {
		return Change{}, err
	}
	return linkAgain(ctx, l, o, cluster.EffectOf(cluster.Accept, o.Withheld))
}

// Dismiss closes a refusal: what was refused stays so and is not queued again. Dismissing again changes
// nothing. It is CodeRefusalDecided when the refusal was accepted, CodeRecordNotFound when there is none.
func (c *Corrector) Dismiss(ctx context.Context, refusal uint64) error {
	r := c.ledger.Reader()
	closed, err := r.Queries.CloseRefusal(ctx, closing(ctx, refusal, store.RefusalsResolutionDismissed))
	if err != nil || closed > 0 {
		return mysql.Translate(err)
	}
	found, err := findRefusal(ctx, r, refusal)
	if err == nil && found.Resolution.RefusalsResolution == store.RefusalsResolutionAccepted {
		err = alreadyAccepted(found)
	}
	return mysql.Translate(err)
}

// Reopen puts a dismissed refusal back into the queue. Reopening an open one changes nothing. It is
// CodeConflict when the refusal was accepted, CodeNotFound when there is none.
func (c *Corrector) Reopen(ctx context.Context, refusal uint64) error {
	r := c.ledger.Reader()
	reopened, err := r.Queries.ReopenRefusal(ctx, refusal)
	if err != nil || reopened > 0 {
		return mysql.Translate(err)
	}
	found, err := findRefusal(ctx, r, refusal)
	if err == nil && found.Resolution.RefusalsResolution == store.RefusalsResolutionAccepted {
		err = alreadyAccepted(found)
	}
	return mysql.Translate(err)
}

func alreadyAccepted(r store.Refusal) error {
	return identity.Errorf(identity.CodeRefusalDecided,
		"Refusal %d was accepted. To take that back, retract observation %d.", r.ID, r.ObservationID)
}

func closing(ctx context.Context, refusal uint64, as store.RefusalsResolution) store.CloseRefusalParams {
	return store.CloseRefusalParams{
		ID: refusal, Resolution: store.NullRefusalsResolution{RefusalsResolution: as, Valid: true}, KeyID: identity.ActorOf(ctx),
	}
}

func findRefusal(ctx context.Context, r ledger.Reader, id uint64) (store.Refusal, error) {
	refusal, err := r.Queries.FindRefusal(ctx, id)
	if errors.Is(err, sql.ErrNoRows) {
		err = identity.Errorf(identity.CodeRecordNotFound, "There is no refusal %d.", id)
	}
	return refusal, err
}
