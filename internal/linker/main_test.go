package linker_test

import (
	"database/sql"
	"fmt"
	"log/slog"
	"testing"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker"
	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/mysqltest"
)

func TestMain(m *testing.M) { mysqltest.Main(m) }

// rows returns the contacts from the given id on, by age, without tombstones.
func rows(t testing.TB, db *sql.DB, from uint64) []linkertest.Row {
	t.Helper()
	return query(t, db, `SELECT id, COALESCE(email, ''), COALESCE(phone_number, ''), COALESCE(linked_id, 0)
		FROM contacts WHERE id >= ? AND deleted_at IS NULL ORDER BY created_at, id`, from,
		func(r *linkertest.Row) []any { return []any{&r.ID, &r.Email, &r.Phone, &r.LinkedID} })
}

// pairs returns the observations of contacts from the given id on, as they were recorded.
func pairs(t testing.TB, db *sql.DB, from uint64) []linkertest.Pair {
	t.Helper()
	return query(t, db, `SELECT email_contact_id, phone_contact_id FROM observations WHERE email_contact_id >= ? ORDER BY id`, from,
		func(p *linkertest.Pair) []any { return []any{&p.Email, &p.Phone} })
}

func query[T any](t testing.TB, db *sql.DB, text string, arg any, fields func(*T) []any) []T {
	t.Helper()
	found, err := db.QueryContext(t.Context(), text, arg)
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	var all []T
	for found.Next() {
		var one T
		if err := found.Scan(fields(&one)...); err != nil {
			t.Fatal(err)
		}
		all = append(all, one)
	}
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// seed fills a database with n customers: with few rows the server scans and locks everything,
// and races hide behind that.
func seed(t testing.TB, l linkertest.Linker, n int) {
	t.Helper()
	const chunk = 1000
	for from := 0; from < n; from += chunk {
		if _, err := l.Link(t.Context(), seeds(from, min(n, from+chunk))); err != nil {
			t.Fatal(err)
		}
	}
}

// seeds are the customers of seed from one number to before another.
func seeds(from, to int) []identity.Observation {
	var all []identity.Observation
	for i := from; i < to; i++ {
		all = append(all, identity.Observation{Email: fmt.Sprintf("seed%d@example.com", i), Phone: fmt.Sprintf("99%08d", i)})
	}
	return all
}

// openLinker returns a linker with a pool of its own, as another process would have.
func openLinker(t testing.TB, config mysql.Config) *linker.Linker {
	t.Helper()
	pool, err := mysql.Open(config, 8)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pool.Close() })
	return linker.New(pool, linker.Policy{})
}

// openLanes is openLinker with lanes.
func openLanes(t testing.TB, config mysql.Config) *linker.Lanes {
	t.Helper()
	lanes := linker.NewLanes(openLinker(t, config), slog.New(slog.DiscardHandler))
	t.Cleanup(lanes.Stop)
	return lanes
}

// empty removes all contacts and observations.
func empty(t testing.TB, db *sql.DB) {
	t.Helper()
	for _, statement := range []string{
		"DELETE FROM observations", "DELETE FROM contacts WHERE linked_id IS NOT NULL", "DELETE FROM contacts",
	} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
}
