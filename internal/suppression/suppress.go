package suppression

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/ledger"
	"github.com/identikit/identikit/internal/store"
)

// ErrSuppressed rolls back a transaction that has inserted a suppressed value.
var ErrSuppressed = errors.New("a suppressed value was inserted")

// Find adds to found which values of new contacts are suppressed, and returns ErrSuppressed when there are
// any.
//
// It must run after the contacts were inserted, in the same transaction. A check before the insert would
// miss a value that another process inserts and erases in between. The unique index orders the two:
// either the erasing transaction still holds the old entry, and the insert waits for its commit, or it
// has committed. The digests are part of that commit, and under READ COMMITTED each statement sees what
// was committed before it.
func (k Keys) Find(ctx context.Context, tx *ledger.Tx, added []*cluster.Contact, found map[string]bool) error {
	if len(k) == 0 || len(added) == 0 {
		return nil
	}
	values := map[string][]string{} // by digest
	for _, c := range added {
		for _, digest := range k.lookupDigests(identity.FieldEmail, c.Email) {
			values[digest] = append(values[digest], c.Email)
		}
		for _, digest := range k.lookupDigests(identity.FieldPhone, c.Phone) {
			values[digest] = append(values[digest], c.Phone)
		}
	}
	suppressed, err := tx.Queries.FindSuppressed(ctx, slices.Collect(maps.Keys(values)))
	if err != nil || len(suppressed) == 0 {
		return err
	}
	for _, s := range suppressed {
		for _, value := range values[s.Digest] {
			found[value] = true
		}
	}
	return ErrSuppressed
}

// Add suppresses the values of an observation, in the transaction that erases them. There must be a key.
func (k Keys) Add(ctx context.Context, tx *ledger.Tx, values identity.Observation) error {
	if err := k.add(ctx, tx.Queries, identity.FieldEmail, values.Email); err != nil {
		return err
	}
	return k.add(ctx, tx.Queries, identity.FieldPhone, values.Phone)
}

func (k Keys) add(ctx context.Context, q *store.Queries, f identity.Field, value string) error {
	if value == "" {
		return nil
	}
	key, forms := k[0], identity.KeptForms(f, value)
	kind := store.SuppressionsKindEmail
	if f == identity.FieldPhone {
		kind = store.SuppressionsKindPhone
	}
	id, err := q.InsertSuppression(ctx, store.InsertSuppressionParams{Kind: kind, KeyID: key.ID(), Digest: key.digest(f, forms[0])})
	if err != nil {
		return err
	}
	for _, form := range forms {
		err := q.InsertSuppressionDigest(ctx, store.InsertSuppressionDigestParams{
			Digest: key.digest(f, form), SuppressionID: uint64(id), //nolint:gosec // an id is not negative
		})
		if err != nil {
			return err
		}
	}
	return nil
}
