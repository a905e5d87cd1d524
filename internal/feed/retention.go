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

// trimEvery is how often Retain looks for what is too old.
const trimEvery = time.Hour

// Retain deletes events that are older than keep, at once and then every hour, until ctx is over. Any
// number of processes may do so on one database. A failure is logged, and tried again an hour later.
func (f *Feed) Retain(ctx context.Context, keep time.Duration, log *slog.Logger) {
	for ctx.Err() == nil {
		deleted, err := f.Trim(ctx, time.Now().Add(-keep))
		switch {
		case err != nil && ctx.Err() == nil:
			log.WarnContext(ctx, "old events are not deleted", "error", err)
		case deleted > 0:
			log.InfoContext(ctx, "deleted old events", "events", deleted)
		}
		select {
		case <-ctx.Done():
		case <-time.After(trimEvery):
		}
	}
}

// Trim deletes the events from before the given time and returns how many. It first numbers all that
// have no number, and it deletes in the order of the numbers: an event stays as long as one before it
// in the feed does. The history of contacts, which are the same events, becomes shorter with the feed.
// The error is an *identity.Error.
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

// numberAll gives numbers to all that was committed when it was called.
func (f *Feed) numberAll(ctx context.Context) error {
	for more := true; more; {
		err := f.inTurn(ctx, func() (err error) {
			_, more, err = f.number(ctx)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// trimChunk deletes from the lowest number on, in one transaction: at any moment the events left are
// those after some number.
func (f *Feed) trimChunk(ctx context.Context, before time.Time) (deleted int, more bool, err error) {
	rows, err := f.list(ctx, 0, chunk)
	if err != nil {
		return 0, false, err
	}
	old := rows
	if young := slices.IndexFunc(rows, func(r store.Event) bool { return !r.CreatedAt.Before(before) }); young >= 0 {
		old = rows[:young]
	}
	err = mysql.InTx(ctx, f.db, func(tx *sql.Tx) error {
		q := store.New(tx)
		for _, r := range old {
			n, err := q.DeleteEvent(ctx, r.ID)
			if err != nil {
				return err
			}
			deleted += int(n) // 0: another process was first
		}
		return nil
	})
	return deleted, len(old) == chunk, err
}
