package apikey

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/store"
)

// find returns a key, or CodeRecordNotFound.
func find(ctx context.Context, q *store.Queries, id uint64) (Key, error) {
	row, err := q.FindKey(ctx, id)
	if errors.Is(err, sql.ErrNoRows) {
		return Key{}, identity.Errorf(identity.CodeRecordNotFound, "There is no key %d.", id)
	}
	return keyOf(row), err
}

func keyOf(r store.FindKeyRow) Key {
	k := Key{
		ID: r.ID, Name: r.Name, Grant: grantOf(r.Scopes), Quota: Quota{r.PerSecond, r.Burst},
		CreatedAt: r.CreatedAt, CreatedBy: orZero(r.CreatedBy),
		ReplacesID: orZero(r.ReplacesID), ExpiresAt: timeOf(r.ExpiresAt), LastUsedAt: timeOf(r.LastUsedAt),
		RevokedAt: timeOf(r.RevokedAt), RevokedBy: orZero(r.RevokedBy), Reason: r.Reason,
	}
	if r.Selector != adminSelector {
		k.Prefix = Prefix + r.Selector
	}
	return k
}

func orZero(id *uint64) uint64 {
	if id == nil {
		return 0
	}
	return *id
}

func timeOf(at *time.Time) time.Time {
	if at == nil {
		return time.Time{}
	}
	return *at
}
