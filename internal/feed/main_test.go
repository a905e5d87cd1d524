package feed_test

import (
	"context"
	"database/sql"
	"strings"
	"testing"
	"time"

	"github.com/identikit/identikit/internal/feed"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/mysqltest"
	"github.com/identikit/identikit/internal/store"
)

func TestMain(m *testing.M) { mysqltest.Main(m) }

// soon limits what must not wait for a lock: a reader retries for ten seconds.
const soon = 5 * time.Second

// writeEvents writes one change set with one event for each contact.
func writeEvents(t testing.TB, q store.DBTX, contacts ...uint64) {
	t.Helper()
	var events []identity.Event
	for _, id := range contacts {
		events = append(events, identity.Event{Kind: identity.EventCreated, ContactID: id, PrimaryID: id})
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), soon)
	defer cancel()
	if err := store.New(q).InsertChangeSet(ctx, events, nil); err != nil {
		t.Fatal(err)
	}
}

// writeMany writes n change sets of one event and numbers them: in a small table the server scans and
// locks everything.
func writeMany(t testing.TB, db *sql.DB, n int) (last uint64) {
	t.Helper()
	if n == 0 {
		return 0
	}
	many := `INSERT INTO change_sets (size, events) VALUES (1, '[["created",0,0]]')` + strings.Repeat(`, (1, '[["created",0,0]]')`, n-1)
	if _, err := db.ExecContext(t.Context(), many); err != nil {
		t.Fatal(err)
	}
	last = uint64(n)
	read(t, feed.New(db), last-1, 1)
	return last
}

func begin(t testing.TB, db *sql.DB) *sql.Tx {
	t.Helper()
	tx, err := db.BeginTx(context.WithoutCancel(t.Context()), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tx.Rollback() }) // most tests end the transaction themselves
	return tx
}

func commit(t testing.TB, tx *sql.Tx) {
	t.Helper()
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}

// read returns the next events. It must not wait for a lock.
func read(t testing.TB, f *feed.Feed, after uint64, limit int) []feed.Event {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	events, err := f.Read(ctx, after, limit)
	if err != nil {
		t.Fatalf("read after %d: %v", after, err)
	}
	return events
}

// contacts returns the contacts of the events and checks that their numbers continue after the
// given one.
func contacts(t testing.TB, after uint64, events []feed.Event) []uint64 {
	t.Helper()
	var ids []uint64
	for i, e := range events {
		if e.Number != after+1+uint64(i) {
			t.Fatalf("event %d after %d has number %d", i, after, e.Number)
		}
		ids = append(ids, e.ContactID)
	}
	return ids
}

// openPool opens a pool as another process would.
func openPool(t testing.TB, config mysql.Config) *sql.DB {
	t.Helper()
	pool, err := mysql.Open(config, 4)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pool.Close() })
	return pool
}
