package mysqltest_test

import (
	"context"
	"database/sql"
	"strings"
	"testing"

	"github.com/identikit/identikit/db"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/mysqltest"
)

func TestMain(m *testing.M) { mysqltest.Main(m) }

// Fails if two tests share a database, if a database is not migrated, or if its URL does not lead to
// it.
func TestNewDB(t *testing.T) {
	t.Parallel()
	one, two := mysqltest.NewDB(t), mysqltest.NewDB(t)
	insert(t, one.Pool, "a@example.com")
	if got := contacts(t, two.Pool); got != 0 {
		t.Errorf("a contact of another test: got %d, want 0", got)
	}
	if pending, err := db.Pending(t.Context(), one.Pool); err != nil || pending {
		t.Errorf("got pending %v, %v, want a migrated database", pending, err)
	}

	config, err := mysql.ParseURL(one.URL())
	if err != nil {
		t.Fatal(err)
	}
	if got := contacts(t, open(t, config)); got != 1 {
		t.Errorf("through the URL: got %d contacts, want 1", got)
	}
	version, err := mysql.Version(t.Context(), one.Pool)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(version)
}

// Fails if databases are left on the server, which may outlive the tests.
//
//nolint:tparallel // it waits for its sub-test's end
func TestDatabaseIsDropped(t *testing.T) {
	t.Parallel()
	var config mysql.Config
	if !t.Run("use one", func(t *testing.T) { config = mysqltest.NewDB(t).Config }) {
		return
	}
	err := open(t, config).PingContext(t.Context())
	if err == nil || !strings.Contains(err.Error(), "1049") {
		t.Errorf("got %v, want 1049 (unknown database)", err)
	}
}

// Fails if a killed server still answers, comes back at another address, or has lost what it
// acknowledged: tests that kill their server would prove nothing.
func TestKilledServer(t *testing.T) {
	t.Parallel()
	server := mysqltest.NewServer(t)
	d := server.NewDB(t)
	insert(t, d.Pool, "kept@example.com")

	server.Kill(t)
	if _, err := d.Pool.ExecContext(t.Context(), "DO 1"); err == nil {
		t.Error("a killed server answers")
	}
	server.Start(t)
	if got := contacts(t, d.Pool); got != 1 {
		t.Errorf("after kill -9: got %d contacts, want 1", got)
	}
	if got := contacts(t, open(t, server.Config().WithDatabase(name(t, d.Pool)))); got != 1 {
		t.Errorf("through Config: got %d contacts, want 1", got)
	}
}

func open(t *testing.T, config mysql.Config) *sql.DB {
	t.Helper()
	pool, err := mysql.Open(config, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pool.Close() })
	return pool
}

func insert(t *testing.T, pool *sql.DB, email string) {
	t.Helper()
	if _, err := pool.ExecContext(context.Background(), "INSERT INTO contacts (email, link_precedence) VALUES (?, 'primary')", email); err != nil {
		t.Fatal(err)
	}
}

func contacts(t *testing.T, pool *sql.DB) int {
	t.Helper()
	var n int
	if err := pool.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM contacts").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func name(t *testing.T, pool *sql.DB) string {
	t.Helper()
	var s string
	if err := pool.QueryRowContext(t.Context(), "SELECT DATABASE()").Scan(&s); err != nil {
		t.Fatal(err)
	}
	return s
}
