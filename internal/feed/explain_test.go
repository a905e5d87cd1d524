package feed_test

import (
	"fmt"
	"testing"

	"github.com/identikit/identikit/internal/mysqltest"
	"github.com/identikit/identikit/internal/store"
)

// Fails when a statement goes through the whole table: one that locks would wait for all who write,
// also where the table is small.
func TestStatementsUseTheirIndexes(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1000, 10000} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			t.Parallel()
			db := mysqltest.NewDB(t).Pool
			last := writeMany(t, db, size)
			writeEvents(t, db, 1, 2, 3)
			if _, err := db.ExecContext(t.Context(), "ANALYZE TABLE change_sets"); err != nil {
				t.Fatal(err)
			}
			expectKeys(t, mysqltest.NewExplainer(t, db), last)
		})
	}
}

func expectKeys(t *testing.T, e *mysqltest.Explainer, last uint64) {
	t.Helper()
	q, ctx := store.New(e), t.Context()
	e.Run("FindFeed", func() error { _, err := q.FindFeed(ctx); return err }, "PRIMARY", "change_sets_last_number")
	e.Run("LockFeed", func() error { _, err := q.LockFeed(ctx); return err }, "PRIMARY")
	e.Run("ListUnnumbered", func() error { _, err := q.ListUnnumbered(ctx, 1000); return err }, "change_sets_last_number")
	var numbers store.NumberChangeSetsParams
	for id := range min(last+1, 1000) { // in a small table all there are
		numbers.Places, numbers.Numbers = append(numbers.Places, id+1), append(numbers.Numbers, fmt.Sprint(last+id+1))
		numbers.Ids = append(numbers.Ids, id+1)
	}
	e.Run("NumberChangeSets", func() error { _, err := q.NumberChangeSets(ctx, numbers); return err }, "PRIMARY")
	e.Run("ListChangeSets", func() error { _, err := q.ListChangeSets(ctx, last, 100); return err }, "change_sets_last_number")
	e.Run("ListOldestSets", func() error { _, err := q.ListOldestSets(ctx, 1000); return err }, "change_sets_last_number")
	e.Run("DeleteChangeSet", func() error { _, err := q.DeleteChangeSet(ctx, 1); return err }, "PRIMARY")
}
