package db_test

import (
	"strings"
	"testing"

	"github.com/identikit/identikit/db"
	"github.com/identikit/identikit/internal/mysqltest"
	"github.com/identikit/identikit/internal/snapshot"
)

func TestMain(m *testing.M) { mysqltest.Main(m) }

// Fails when a migration cannot be reverted, or cannot be applied again after that.
func TestMigrationsGoUpAndDownOneByOne(t *testing.T) {
	t.Parallel()
	conn := mysqltest.NewDB(t).Pool
	migrations, err := db.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	count := len(migrations.ListSources())
	for range count {
		if _, err := migrations.Down(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for i := range count {
		if pending, err := db.Pending(t.Context(), conn); err != nil || !pending {
			t.Fatalf("after %d of %d: pending %v, error %v", i, count, pending, err)
		}
		if _, err := migrations.UpByOne(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if pending, err := db.Pending(t.Context(), conn); err != nil || pending {
		t.Errorf("after all: pending %v, error %v", pending, err)
	}
}

// Fails when migrating a database that was filled under the first schema loses data.
func TestMigrationsKeepData(t *testing.T) {
	t.Parallel()
	conn := mysqltest.NewDB(t).Pool
	migrations, err := db.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	const firstSchema = 2
	if _, err := migrations.DownTo(t.Context(), firstSchema); err != nil {
		t.Fatal(err)
	}
	exec := func(statement string) {
		t.Helper()
		if _, err := conn.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	exec(`INSERT INTO contacts (id, email, phone_number, linked_id, link_precedence, created_at) VALUES
		(1, 'a@example.com', '111', NULL, 'primary', '2020-01-01 00:00:00.000001'),
		(2, 'b@example.com', NULL, 1, 'secondary', '2020-01-02 00:00:00.000002')`)
	for range 12 { // 8,192 more
		exec(`INSERT INTO contacts (email, phone_number, link_precedence, created_at)
			SELECT CONCAT('c', id + (SELECT MAX(id) FROM contacts AS m), '@example.com'), id + (SELECT MAX(id) FROM contacts AS n), 'primary', created_at FROM contacts AS c`)
	}
	exec(`INSERT INTO observations (email_contact_id, phone_contact_id, first_seen_at) SELECT e.id, p.id, e.created_at FROM contacts AS e JOIN contacts AS p ON p.id = e.id WHERE e.phone_number IS NOT NULL`)
	exec(`INSERT INTO observations (email_contact_id, phone_contact_id, first_seen_at) VALUES (2, 1, '2020-01-02 00:00:00.000002')`)
	stored := func() (sums [2]string) {
		t.Helper()
		for i, query := range []string{
			"SELECT CONCAT(COUNT(*), ' ', SUM(CRC32(CONCAT_WS('|', id, email, phone_number, linked_id, link_precedence, created_at, updated_at)))) FROM contacts",
			"SELECT CONCAT(COUNT(*), ' ', SUM(CRC32(CONCAT_WS('|', id, email_contact_id, phone_contact_id, first_seen_at)))) FROM observations",
		} {
			if err := conn.QueryRowContext(t.Context(), query).Scan(&sums[i]); err != nil {
				t.Fatal(err)
			}
		}
		return sums
	}
	before := stored()
	if _, err := migrations.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	if after := stored(); after != before || !strings.HasPrefix(after[0], "8192 ") {
		t.Errorf("got %v, want %v", after, before)
	}
	found, err := snapshot.Verify(t.Context(), conn, func(d snapshot.Drift) { t.Error(d) })
	if err != nil || found.Contacts != 8192 {
		t.Errorf("verify: %+v, %v", found, err)
	}
}

// Fails when Pending does not report a database that was never migrated.
func TestPendingOnAnEmptyDatabase(t *testing.T) {
	t.Parallel()
	conn := mysqltest.NewDB(t).Pool
	if _, err := conn.ExecContext(t.Context(), "DROP TABLE goose_db_version"); err != nil {
		t.Fatal(err)
	}
	if pending, err := db.Pending(t.Context(), conn); err != nil || !pending {
		t.Errorf("pending %v, error %v; want true", pending, err)
	}
	// Pending must work for a user who may not create tables.
	if _, err := conn.ExecContext(t.Context(), "SELECT 1 FROM goose_db_version"); err == nil {
		t.Error("Pending created a table")
	}
}

// Fails when a constraint that the design relies on is missing.
func TestSchemaRefuses(t *testing.T) {
	t.Parallel()
	conn := mysqltest.NewDB(t).Pool
	if _, err := conn.ExecContext(t.Context(), `INSERT INTO contacts (id, email, phone_number, link_precedence) VALUES
		(1, 'ann@example.com', '123456', 'primary'), (2, 'bob@example.com', NULL, 'primary')`); err != nil {
		t.Fatal(err)
	}
	for name, statement := range map[string]string{
		"a value twice":        "INSERT INTO contacts (email, link_precedence) VALUES ('ann@example.com', 'primary')",
		"a number twice":       "INSERT INTO contacts (phone_number, link_precedence) VALUES ('123456', 'primary')",
		"a secondary unlinked": "INSERT INTO contacts (email, link_precedence) VALUES ('x@example.com', 'secondary')",
		"a linked primary":     "INSERT INTO contacts (email, link_precedence, linked_id) VALUES ('x@example.com', 'primary', 1)",
		"a contact of nothing": "INSERT INTO contacts (link_precedence) VALUES ('primary')",
	} {
		if _, err := conn.ExecContext(t.Context(), statement); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	// The usual collations treat these as equal.
	for _, twin := range []string{"änn@example.com", "ANN@example.com", "ann＠example.com"} {
		if _, err := conn.ExecContext(t.Context(), "INSERT INTO contacts (email, link_precedence) VALUES (?, 'primary')", twin); err != nil {
			t.Errorf("%s: %v", twin, err)
		}
	}
}
