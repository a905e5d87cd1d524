package feed_test

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/identikit/identikit/internal/mysqltest"
	"github.com/identikit/identikit/internal/store"
)

// explainer runs nothing: it holds the plan of each statement against the keys that it must use.
type explainer struct {
	*sql.DB
	t    *testing.T
	want []string
}

func (e *explainer) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	e.explain(ctx, query, args)
	return e.DB.QueryContext(ctx, query, args...)
}

func (e *explainer) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	e.explain(ctx, query, args)
	return e.DB.QueryRowContext(ctx, query, args...)
}

func (e *explainer) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	e.explain(ctx, query, args)
	return e.DB.ExecContext(ctx, "DO 0")
}

func (e *explainer) explain(ctx context.Context, query string, args []any) {
	e.t.Helper()
	_, statement, _ := strings.Cut(query, "\n") // the first line is sqlc's comment
	lines, err := e.DB.QueryContext(ctx, "EXPLAIN FORMAT=TRADITIONAL "+statement, args...)
	if err != nil {
		e.t.Fatal(err)
	}
	defer lines.Close()
	columns, err := lines.Columns()
	if err != nil {
		e.t.Fatal(err)
	}
	var keys []string
	for lines.Next() {
		fields, targets, line := make([]sql.NullString, len(columns)), make([]any, len(columns)), map[string]string{}
		for i := range fields {
			targets[i] = &fields[i]
		}
		if err := lines.Scan(targets...); err != nil {
			e.t.Fatal(err)
		}
		for i, name := range columns {
			line[name] = fields[i].String
		}
		if line["type"] == "ALL" || line["type"] == "index" {
			e.t.Errorf("reads too much: %v\n%.300s", line, statement)
		}
		keys = append(keys, line["key"])
	}
	if err := lines.Err(); err != nil {
		e.t.Fatal(err)
	}
	if !slices.Equal(keys, e.want) {
		e.t.Errorf("keys %q, want %q\n%.300s", keys, e.want, statement)
	}
}

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
			if _, err := db.ExecContext(t.Context(), "ANALYZE TABLE events"); err != nil {
				t.Fatal(err)
			}
			e := &explainer{DB: db, t: t}
			expectKeys(t, e, store.New(e), last)
		})
	}
}

func expectKeys(t *testing.T, e *explainer, q *store.Queries, last uint64) {
	t.Helper()
	ctx := t.Context()
	run := func(name string, do func() error, keys ...string) {
		t.Helper()
		e.want = keys
		if err := do(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	run("FindFeed", func() error { _, err := q.FindFeed(ctx); return err }, "PRIMARY", "events_feed_number")
	run("LockFeed", func() error { _, err := q.LockFeed(ctx); return err }, "PRIMARY")
	run("ListUnnumbered", func() error { _, err := q.ListUnnumbered(ctx, 1000); return err }, "events_feed_number")
	numbers := store.NumberEventsParams{LastNumber: last}
	for id := range min(last+3, 1000) { // in a small table all there are
		numbers.Places, numbers.Ids = append(numbers.Places, id+1), append(numbers.Ids, id+1)
	}
	run("NumberEvents", func() error { _, err := q.NumberEvents(ctx, numbers); return err }, "PRIMARY")
	run("ListEvents", func() error {
		_, err := q.ListEvents(ctx, store.ListEventsParams{AfterNumber: &last, Limit: 100})
		return err
	}, "events_feed_number")
	run("DeleteEvent", func() error { _, err := q.DeleteEvent(ctx, 1); return err }, "PRIMARY")
}
