package feed

import (
	"context"
	"database/sql"
	"strconv"

	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

// chunk is the number of change sets that are numbered or deleted at a time: at least MaxRead, so that
// a page can be filled, and few enough to hold locks for only milliseconds.
const chunk = MaxRead

// number assigns the next numbers to the first chunk of committed change sets without any, to each as
// many as it has events, and returns the last number that was assigned; more reports whether the chunk
// was full. The caller must hold turn.
//
// Writers cannot assign numbers: ids and counters are taken before the commit, so a reader that
// follows them misses events that commit late. Locking the counter until the commit would let only
// one transaction write at a time.
//
// A set with an event that depends on another is inserted under the lock of the cluster after the set
// of the other was committed: it is never visible without that set and has the larger id.
func (f *Feed) number(ctx context.Context) (last uint64, more bool, err error) {
	err = mysql.InTx(ctx, f.db, func(tx *sql.Tx) error {
		q := store.New(tx)
		if last, err = q.LockFeed(ctx); err != nil {
			return err
		}
		// A separate statement after the lock: with READ COMMITTED it sees the sets that the previous
		// holder has numbered.
		sets, err := q.ListUnnumbered(ctx, chunk)
		if err != nil || len(sets) == 0 {
			return err
		}
		more = len(sets) == chunk
		return giveNumbers(ctx, q, &last, sets)
	})
	return last, more, err
}

// giveNumbers numbers the sets and advances last. The ids of the sets must be ascending.
func giveNumbers(ctx context.Context, q *store.Queries, last *uint64, sets []store.ListUnnumberedRow) error {
	params := store.NumberChangeSetsParams{
		Places: make([]any, len(sets)), Numbers: make([]string, len(sets)), Ids: make([]uint64, len(sets)),
	}
	for i, s := range sets {
		*last += uint64(s.Size)
		params.Places[i], params.Numbers[i], params.Ids[i] = s.ID, strconv.FormatUint(*last, 10), s.ID
	}
	numbered, err := q.NumberChangeSets(ctx, params)
	if err != nil {
		return err
	}
	if numbered != int64(len(sets)) { // a set without a number was deleted: a gap would remain
		return mysql.ErrRetry
	}
	return q.SetLastNumber(ctx, *last)
}
