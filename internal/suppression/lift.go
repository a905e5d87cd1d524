package suppression

import (
	"context"
	"errors"
	"slices"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/ledger"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

// Lift ends a suppression: its value is stored again when it is next seen. With dryRun it changes nothing.
// An unknown id is CodeRecordNotFound.
func (l *List) Lift(ctx context.Context, id uint64, dryRun bool) (Suppression, error) {
	lifted, err := l.lift(ctx, []uint64{id}, dryRun)
	switch {
	case err != nil:
		return Suppression{}, err
	case len(lifted) == 0:
		return Suppression{}, identity.Errorf(identity.CodeRecordNotFound, "There is no suppression %d.", id)
	}
	return lifted[0], nil
}

// LiftValue ends all suppressions that keep a normalized value out, and returns them by id. With dryRun
// it changes nothing. CodeInvalidRequest unless value has exactly one value, CodeErasureKeyMissing without a
// key, CodeRecordNotFound when the value is not suppressed under one.
func (l *List) LiftValue(ctx context.Context, value identity.Observation, dryRun bool) ([]Suppression, error) {
	if (value.Email == "") == (value.Phone == "") {
		return nil, identity.Errorf(identity.CodeInvalidRequest, "Exactly one of email and phoneNumber is required.")
	}
	if len(l.keys) == 0 {
		return nil, identity.Errorf(identity.CodeErasureKeyMissing,
			"A suppressed value can only be recognized with the setting ERASURE_KEY. Set it, or use the id of the suppression.")
	}
	digests := append(l.keys.lookupDigests(identity.FieldEmail, value.Email), l.keys.lookupDigests(identity.FieldPhone, value.Phone)...)
	found, err := l.ledger.Reader().Queries.FindSuppressed(ctx, digests)
	if err != nil {
		return nil, mysql.Translate(err)
	}
	var ids []uint64
	for _, f := range found {
		ids = append(ids, f.SuppressionID)
	}
	slices.Sort(ids)
	var lifted []Suppression
	for chunk := range slices.Chunk(slices.Compact(ids), store.ChunkSize) {
		some, err := l.lift(ctx, chunk, dryRun)
		if err != nil {
			return nil, err
		}
		lifted = append(lifted, some...)
	}
	if len(lifted) == 0 {
		return nil, identity.Errorf(identity.CodeRecordNotFound, "This value is not suppressed under any key in ERASURE_KEY.")
	}
	return lifted, nil
}

// errDryRun rolls back a transaction in which nothing was written.
var errDryRun = errors.New("dry run")

// lift ends those of the suppressions that exist and returns them by id.
func (l *List) lift(ctx context.Context, ids []uint64, dryRun bool) (lifted []Suppression, err error) {
	err = mysql.Retry(ctx, ledger.Attempts, func() error {
		return l.ledger.InTx(ctx, func(tx *ledger.Tx) error {
			lifted = nil
			rows, err := tx.Queries.LockSuppressions(ctx, ids)
			if err != nil || len(rows) == 0 {
				return err
			}
			for _, r := range rows {
				s := Suppression{ID: r.ID, Field: identity.FieldEmail, KeyID: r.KeyID, CreatedAt: r.CreatedAt}
				if r.Kind == store.SuppressionsKindPhone {
					s.Field = identity.FieldPhone
				}
				lifted = append(lifted, s)
			}
			if dryRun {
				return errDryRun
			}
			if err := tx.Queries.DeleteSuppressionDigests(ctx, ids); err != nil {
				return err
			}
			return tx.Queries.DeleteSuppressions(ctx, ids)
		})
	})
	if err != nil && !errors.Is(err, errDryRun) {
		return nil, mysql.Translate(err)
	}
	return lifted, nil
}
