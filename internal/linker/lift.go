package linker

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

// Suppression is a value that was erased and is kept out. What the value is cannot be told.
type Suppression struct {
	ID        uint64
	Field     identity.Field
	KeyID     string // of the key by which it is recognised
	CreatedAt time.Time
}

// LiftSuppression ends a suppression: its value is stored again when it is next seen. With dryRun it
// changes nothing. An unknown id is CodeNotFound.
func (l *Linker) LiftSuppression(ctx context.Context, id uint64, dryRun bool) (Suppression, error) {
	lifted, err := l.lift(ctx, []uint64{id}, dryRun)
	switch {
	case err != nil:
		return Suppression{}, err
	case len(lifted) == 0:
		return Suppression{}, &identity.Error{Code: identity.CodeNotFound, Detail: fmt.Sprintf("There is no suppression %d.", id)}
	}
	return lifted[0], nil
}

// LiftValue ends all suppressions that keep a normalized value out, and returns them by id. With dryRun
// it changes nothing. CodeInvalid unless value has exactly one value, CodeConflict without an
// ErasureKey, CodeNotFound when the value is not suppressed under one.
func (l *Linker) LiftValue(ctx context.Context, value identity.Observation, dryRun bool) ([]Suppression, error) {
	if (value.Email == "") == (value.Phone == "") {
		return nil, &identity.Error{Code: identity.CodeInvalid, Detail: "Either an email or a phoneNumber is required, not both."}
	}
	if len(l.keys) == 0 {
		return nil, conflict("No value is recognised without the setting ERASURE_KEY. Set it, or name the suppression by its id.")
	}
	digests := append(l.lookupDigests(identity.FieldEmail, value.Email), l.lookupDigests(identity.FieldPhone, value.Phone)...)
	found, err := store.New(l.db).FindSuppressed(ctx, digests)
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
		return nil, &identity.Error{Code: identity.CodeNotFound, Detail: "This value is not suppressed under a key of ERASURE_KEY."}
	}
	return lifted, nil
}

// lift ends those of the suppressions that exist and returns them by id.
func (l *Linker) lift(ctx context.Context, ids []uint64, dryRun bool) ([]Suppression, error) {
	var lifted []Suppression
	err := mysql.Retry(ctx, attempts, func() error {
		return mysql.InTx(ctx, l.db, func(tx *sql.Tx) error {
			lifted = nil
			rows, err := store.New(tx).LockSuppressions(ctx, ids)
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
			if err := store.New(tx).DeleteSuppressionDigests(ctx, ids); err != nil {
				return err
			}
			return store.New(tx).DeleteSuppressions(ctx, ids)
		})
	})
	if err != nil && !errors.Is(err, errDryRun) {
		return nil, mysql.Translate(err)
	}
	return lifted, nil
}
