package feed

import (
	"context"
	"database/sql"
	"log/slog"
	"slices"
	"time"

	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

// trimEvery is how often Retain looks for old events.
const trimEvery = time.Hour

// Retain deletes events older than keep, at once and then every hour, until ctx ends. Any number of
// processes may run it on one database. A failure is logged and retried an hour later.
func (f *Feed) Retain(ctx context.Context, keep time.Duration, log *slog.Logger) {
	for ctx.Err() == nil {
		deleted, err := f.Trim(ctx, time.Now().Add(-keep))
		switch {
		case err != nil && ctx.Err() == nil:
			log.WarnContext(ctx, "cannot delete old events", "error", err)
		case deleted > 0:
			log.InfoContext(ctx, "deleted old events", "events", deleted)
		}
		select {
		case <-ctx.Done():
		case <-time.After(trimEvery):
		}
	}
}

// Trim deletes the events before the given time and returns their number. It first numbers all
// events without a number and then deletes in ascending order, the events of one transaction together:
// an event is kept as long as an earlier one in the feed is kept. The history of contacts is kept. The
// error is an *identity.Error.
func (f *Feed) Trim(ctx context.Context, before time.Time) (deleted int, err error) {
	err = mysql.Retry(ctx, attempts, func() error { return f.numberAll(ctx) })
	for more := true; more && err == nil; {
		var n int
		err = mysql.Retry(ctx, attempts, func() error {
			n, more, err = f.trimChunk(ctx, before)
			return err
		})
		deleted += n
	}
	return deleted, mysql.Translate(err)
}

// numberAll numbers all sets that were committed before the call.
func (f *Feed) numberAll(ctx context.Context) error {
	for more := true; more; {
		err := f.withTurn(ctx, func() (err error) {
			_, more, err = f.number(ctx)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// trimChunk deletes the sets with the lowest numbers in one transaction, so that the remaining events
// are always those after some number. It returns the number of events that it deleted.
func (f *Feed) trimChunk(ctx context.Context, before time.Time) (deleted int, more bool, err error) {
	old, err := store.New(f.db).ListOldestSets(ctx, chunk)
	if err != nil {
		return 0, false, err
	}
	if young := slices.IndexFunc(old, func(s store.ListOldestSetsRow) bool { return !s.CreatedAt.Before(before) }); young >= 0 {
		old = old[:young]
	}
	err = mysql.InTx(ctx, f.db, func(tx *sql.Tx) error {
		q := store.New(tx)
		for _, s := range old {
			n, err := q.DeleteChangeSet(ctx, s.ID)
			if err != nil {
				return err
			}
			deleted += int(n) * int(s.Size) // n is 0 if another process deleted it
		}
		return nil
	})
	return deleted, len(old) == chunk, err
}
