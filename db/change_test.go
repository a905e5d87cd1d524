package db_test

import (
	"context"
	"database/sql"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pressly/goose/v3"

	"github.com/identikit/identikit/db"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/mysqltest"
)

// emptied returns a database without tables.
func emptied(t *testing.T) *mysqltest.DB {
	t.Helper()
	d := mysqltest.NewDB(t)
	migrations, err := db.New(d.Pool)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := migrations.DownTo(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	run(t, d.Pool, "DROP TABLE goose_db_version")
	return d
}

func run(t *testing.T, conn *sql.DB, statement string) {
	t.Helper()
	if _, err := conn.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

// Fails when deployments that start at the same time interfere with each other.
func TestMigrateConcurrently(t *testing.T) {
	t.Parallel()
	d := emptied(t)
	var deploys sync.WaitGroup
	for range 4 {
		pool, err := mysql.Open(d.Config, 2)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { pool.Close() })
		deploys.Go(func() {
			if err := db.Up(t.Context(), pool); err != nil {
				t.Error(err)
			}
		})
	}
	deploys.Wait()
	if pending, err := db.Pending(t.Context(), d.Pool); err != nil || pending {
		t.Errorf("pending %v, error %v", pending, err)
	}
}

// Fails when a process that is killed right after it created goose's table leaves a database that
// cannot be migrated.
func TestMigrateAfterKill(t *testing.T) {
	t.Parallel()
	d := emptied(t)
	run(t, d.Pool, `CREATE TABLE goose_db_version (
		id SERIAL PRIMARY KEY, version_id BIGINT NOT NULL, is_applied BOOLEAN NOT NULL, tstamp TIMESTAMP NULL DEFAULT NOW())`)
	if err := db.Up(t.Context(), d.Pool); err != nil {
		t.Fatal(err)
	}
	if pending, err := db.Pending(t.Context(), d.Pool); err != nil || pending {
		t.Errorf("pending %v, error %v", pending, err)
	}
}

// Fails when a migration that waits for an export blocks the service until the export ends, or does
// not succeed after it. Dropping a table stands for every change of a table in use.
func TestMigrationDuringExport(t *testing.T) {
	t.Parallel()
	const beforeSets = 8 // the version without the table change_sets
	d := mysqltest.NewDB(t)
	export, err := d.Pool.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer export.Rollback() //nolint:errcheck // the test ends it itself
	if _, err := export.ExecContext(t.Context(), "SELECT COUNT(*) FROM change_sets"); err != nil {
		t.Fatal(err)
	}
	waited, migrated := make(chan string, 100), make(chan error, 1)
	go func() {
		migrated <- db.Change(t.Context(), d.Pool, func(why string) { waited <- why }, func(p *goose.Provider) error {
			_, err := p.DownTo(t.Context(), beforeSets)
			return err
		})
	}()
	waitForTable(t, d.Pool)
	// The export runs during all of this, so only the migration can have given way.
	service, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for _, statement := range []string{
		"SELECT COUNT(*) FROM change_sets",
		"INSERT INTO change_sets (size, events) VALUES (1, '[[\"created\",1,1]]')",
	} {
		if _, err := d.Pool.ExecContext(service, statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	if why := <-waited; !strings.Contains(why, "a table is in use") {
		t.Errorf("it says %q", why)
	}
	if err := export.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := <-migrated; err != nil {
		t.Error(err)
	}
	if _, err := d.Pool.ExecContext(t.Context(), "SELECT 1 FROM change_sets"); !mysql.IsNoSuchTable(err) {
		t.Errorf("the migration was not applied: %v", err)
	}
	for range 10 { // includes the migration's connection
		var wait int
		if err := d.Pool.QueryRowContext(t.Context(), "SELECT @@SESSION.lock_wait_timeout").Scan(&wait); err != nil || wait < 60 {
			t.Errorf("a connection came back with lock_wait_timeout %d, %v", wait, err)
		}
	}
}

// waitForTable waits until a statement waits for a table.
func waitForTable(t *testing.T, conn *sql.DB) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		var waiting int
		if err := conn.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM information_schema.PROCESSLIST
			WHERE DB = DATABASE() AND STATE = 'Waiting for table metadata lock'`).Scan(&waiting); err != nil {
			t.Fatal(err)
		}
		if waiting > 0 {
			return
		}
	}
	t.Fatal("no statement waits for a table")
}

// Fails when a migration does not wait for another process that migrates, does not say so, or keeps
// waiting after that process has died.
func TestMigrationWaitsForAnother(t *testing.T) {
	t.Parallel()
	d := emptied(t)
	other, err := mysql.Open(d.Config, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	steps := make(chan string, 10)
	run(t, other, "DO GET_LOCK(CONCAT('identikit migrate ', LEFT(SHA2(DATABASE(), 256), 32)), 0)")
	go func() {
		err := db.Change(t.Context(), d.Pool, func(why string) { steps <- why }, func(p *goose.Provider) error {
			_, err := p.Up(t.Context())
			return err
		})
		if err != nil {
			t.Error(err)
		}
		steps <- "done"
	}()
	if got := <-steps; !strings.HasPrefix(got, "another process is migrating this database; waiting up to 10m0s") {
		t.Errorf("it says %q", got)
	}
	other.Close() // as if the process died
	if got := <-steps; got != "done" {
		t.Errorf("got %q", got)
	}
}
