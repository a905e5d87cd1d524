package idempotency

import (
	"context"
	"database/sql"
	"log/slog"
	"time"

	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

const (
	deleteEvery = time.Hour
	chunk       = 1000 // keys that one transaction deletes
	attempts    = 10
)

// Retain deletes the keys that are more than a day old, at once and then every hour, until ctx ends. Any
// number of processes may run it on one database. A failure is logged, and tried again an hour later.
func Retain(ctx context.Context, db *sql.DB, log *slog.Logger) {
	for ctx.Err() == nil {
		if _, err := DeleteOld(ctx, db); err != nil && ctx.Err() == nil {
			log.WarnContext(ctx, "cannot delete old idempotency keys", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(deleteEvery):
		}
	}
}

// DeleteOld deletes the keys that are more than a day old and returns their number. The error is an
// *identity.Error.
func DeleteOld(ctx context.Context, db *sql.DB) (deleted int64, err error) {
	q := store.New(db)
	for more := true; more && err == nil; {
		err = mysql.Retry(ctx, attempts, func() error {
			old, err := q.ListOldIdempotencyKeys(ctx, chunk)
			if more = len(old) == chunk; err != nil || len(old) == 0 {
				return err
			}
			n, err := q.DeleteOldIdempotencyKeys(ctx, old)
			deleted += n
			return err
		})
	}
	return deleted, mysql.Translate(err)
}
