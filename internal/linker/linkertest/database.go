package linkertest

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/identikit/identikit/internal/identity"
)

// Rows returns the contacts from the given id on, by age, without tombstones.
func Rows(t testing.TB, db *sql.DB, from uint64) []Row {
	t.Helper()
	return Query(t, db, `SELECT id, COALESCE(email, ''), COALESCE(phone_number, ''), COALESCE(linked_id, 0)
		FROM contacts WHERE id >= ? AND deleted_at IS NULL ORDER BY created_at, id`, from,
		func(r *Row) []any { return []any{&r.ID, &r.Email, &r.Phone, &r.LinkedID} })
}

// Pairs returns the observations of contacts from the given id on, as they were recorded.
func Pairs(t testing.TB, db *sql.DB, from uint64) []Pair {
	t.Helper()
	return Query(t, db, `SELECT email_contact_id, phone_contact_id FROM observations WHERE email_contact_id >= ? ORDER BY id`, from,
		func(p *Pair) []any { return []any{&p.Email, &p.Phone} })
}

// Query returns what a statement selects, one field for each pointer of fields.
func Query[T any](t testing.TB, db *sql.DB, text string, arg any, fields func(*T) []any) []T {
	t.Helper()
	found, err := db.QueryContext(t.Context(), text, arg)
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close() //nolint:errcheck // it was read to its end
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

// Seed fills a database with n customers: with few rows the server scans and locks everything,
// and races hide behind that.
func Seed(t testing.TB, l Linker, n int) {
	t.Helper()
	const chunk = 1000
	for from := 0; from < n; from += chunk {
		if _, err := l.Link(t.Context(), Seeds(from, min(n, from+chunk))); err != nil {
			t.Fatal(err)
		}
	}
}

// Seeds are the customers of seed from one number to before another.
func Seeds(from, to int) []identity.Observation {
	var all []identity.Observation
	for i := from; i < to; i++ {
		all = append(all, identity.Observation{Email: fmt.Sprintf("seed%d@example.com", i), Phone: fmt.Sprintf("99%08d", i)})
	}
	return all
}

// Empty removes all contacts and observations.
func Empty(t testing.TB, db *sql.DB) {
	t.Helper()
	for _, statement := range []string{
		"DELETE FROM observations", "DELETE FROM contacts WHERE linked_id IS NOT NULL", "DELETE FROM contacts",
	} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
}

// WaitBlocked returns once a transaction waits for a lock of tx. The server refreshes INNODB_TRX
// only when nobody read it for 100 ms: tests that use it must not run in parallel.
func WaitBlocked(t *testing.T, tx *sql.Tx, db *sql.DB) {
	t.Helper()
	var connection uint64
	if err := tx.QueryRowContext(t.Context(), "SELECT CONNECTION_ID()").Scan(&connection); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(150 * time.Millisecond) {
		var waiting int
		err := db.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM information_schema.INNODB_TRX t
			JOIN information_schema.PROCESSLIST p ON p.ID = t.trx_mysql_thread_id
			WHERE t.trx_state = 'LOCK WAIT' AND p.DB = DATABASE() AND p.ID <> ?`, connection).Scan(&waiting)
		if err != nil {
			t.Fatal(err)
		}
		if waiting > 0 {
			return
		}
	}
	t.Fatal("nobody waits for the lock")
}

// Begin begins a transaction, which is rolled back at the end of the test.
func Begin(t *testing.T, db *sql.DB) *sql.Tx {
	t.Helper()
	tx, err := db.BeginTx(context.WithoutCancel(t.Context()), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tx.Rollback() }) // most tests end it themselves
	return tx
}

// Exec runs a statement in a transaction.
func Exec(t *testing.T, tx *sql.Tx, statement string, args ...any) {
	t.Helper()
	if _, err := tx.ExecContext(t.Context(), statement, args...); err != nil {
		t.Fatal(err)
	}
}

// Column returns a column of ids.
func Column(t *testing.T, db *sql.DB, text string) []uint64 {
	t.Helper()
	found, err := db.QueryContext(t.Context(), text)
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close() //nolint:errcheck // it was read to its end
	var ids []uint64
	for found.Next() {
		var id uint64
		if err := found.Scan(&id); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	return ids
}

// One returns a single value.
func One[T any](t *testing.T, db *sql.DB, text string) (value T) {
	t.Helper()
	if err := db.QueryRowContext(t.Context(), text).Scan(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

// Dump is every column of every row of every table but some.
func Dump(t *testing.T, db *sql.DB, without ...string) []byte {
	t.Helper()
	tables := Query(t, db, "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type <> ?", "VIEW",
		func(name *string) []any { return []any{name} })
	if len(tables) < 7 {
		t.Fatalf("only tables %v", tables)
	}
	var all bytes.Buffer
	for _, table := range tables {
		if slices.Contains(without, table) {
			continue
		}
		found, err := db.QueryContext(t.Context(), "SELECT * FROM "+table) //nolint:gosec // the name of a table of ours
		if err != nil {
			t.Fatal(err)
		}
		columns, err := found.Columns()
		if err != nil {
			t.Fatal(err)
		}
		fields, targets := make([]sql.RawBytes, len(columns)), make([]any, len(columns))
		for i := range fields {
			targets[i] = &fields[i]
		}
		for found.Next() {
			if err := found.Scan(targets...); err != nil {
				t.Fatal(err)
			}
			for _, field := range fields {
				all.Write(field)
				all.WriteByte('\n')
			}
		}
		if err := errorsOf(found); err != nil {
			t.Fatal(err)
		}
	}
	return all.Bytes()
}

func errorsOf(rows *sql.Rows) error {
	if err := rows.Close(); err != nil {
		return err
	}
	return rows.Err()
}
