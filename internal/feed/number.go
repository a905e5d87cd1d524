package feed

import (
	"context"
	"database/sql"

	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

// chunk is how many events are numbered or deleted at a time: at least MaxRead, so that a page is full
// when there is enough for it, and little enough to hold locks for milliseconds only.
const chunk = MaxRead

// number gives the next numbers to the first chunk of committed events that have none, and returns the
// last number that was given; more tells whether the chunk was full. It must be called in turn.
//
// Numbers cannot be given by who writes the events: ids and counters are taken before the commit, and
// a reader that follows them misses what commits late. To keep the counter locked until the commit
// would let one transaction write at a time.
//
// What depends on another event is committed after it, and inserted after that commit, under the lock
// of the cluster: it is never seen without the other, and has the larger id.
func (f *Feed) number(ctx context.Context) (last uint64, more bool, err error) {
	err = mysql.InTx(ctx, f.db, func(tx *sql.Tx) error {
		q := store.New(tx)
		if last, err = q.LockFeed(ctx); err != nil {
			return err
		}
		// After the lock, in a statement of its own: READ COMMITTED then shows what the one before has numbered.
		ids, err := q.ListUnnumbered(ctx, chunk)
		if err != nil || len(ids) == 0 {
			return err
		}
		more = len(ids) == chunk
		return giveNumbers(ctx, q, &last, ids)
	})
	return last, more, err
}

// giveNumbers moves last on. ids must ascend.
func giveNumbers(ctx context.Context, q *store.Queries, last *uint64, ids []uint64) error {
	places := make([]any, len(ids))
	for i, id := range ids {
		places[i] = id
	}
	numbered, err := q.NumberEvents(ctx, store.NumberEventsParams{LastNumber: *last, Places: places, Ids: ids})
	if err != nil {
		return err
	}
	if numbered != int64(len(ids)) { // somebody deletes what has no number: it would leave a gap
		return mysql.ErrRetry
	}
	*last += uint64(len(ids))
	return q.SetLastNumber(ctx, *last)
}
