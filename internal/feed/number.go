package feed

import (
	"context"
	"database/sql"

	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

// chunk is the number of events that are numbered or deleted at a time: at least MaxRead, so that a
// page can be filled, and few enough to hold locks for only milliseconds.
const chunk = MaxRead

// number assigns the next numbers to the first chunk of committed events without one and returns
// the last number that was assigned; more reports whether the chunk was full. The caller must hold
// turn.
//
// Writers cannot assign numbers: ids and counters are taken before the commit, so a reader that
// follows them misses events that commit late. Locking the counter until the commit would let only
// one transaction write at a time.
//
// An event that depends on another is inserted under the lock of the cluster after the other was
// committed: it is never visible without the other and has the larger id.
func (f *Feed) number(ctx context.Context) (last uint64, more bool, err error) {
	err = mysql.InTx(ctx, f.db, func(tx *sql.Tx) error {
		q := store.New(tx)
		if last, err = q.LockFeed(ctx); err != nil {
			return err
		}
		// A separate statement after the lock: with READ COMMITTED it sees the events that the
		// previous holder has numbered.
		ids, err := q.ListUnnumbered(ctx, chunk)
		if err != nil || len(ids) == 0 {
			return err
		}
		more = len(ids) == chunk
		return giveNumbers(ctx, q, &last, ids)
	})
	return last, more, err
}

// giveNumbers numbers the events and advances last. ids must be ascending.
func giveNumbers(ctx context.Context, q *store.Queries, last *uint64, ids []uint64) error {
	places := make([]any, len(ids))
	for i, id := range ids {
		places[i] = id
	}
	numbered, err := q.NumberEvents(ctx, store.NumberEventsParams{LastNumber: *last, Places: places, Ids: ids})
	if err != nil {
		return err
	}
	if numbered != int64(len(ids)) { // an event without a number was deleted: a gap would remain
		return mysql.ErrRetry
	}
	*last += uint64(len(ids))
	return q.SetLastNumber(ctx, *last)
}
