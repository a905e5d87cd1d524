package db_test

import (
	"database/sql"
	"testing"

	"github.com/identikit/identikit/db"
	"github.com/identikit/identikit/internal/mysqltest"
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

// Fails when feed numbers are assigned a second time after the row of event_feed was taken back and
// inserted again: readers have stored the old ones.
func TestFeedContinuesAfterDownAndUp(t *testing.T) {
	t.Parallel()
	conn := mysqltest.NewDB(t).Pool
	migrations, err := db.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	run(t, conn, "INSERT INTO change_sets (last_number, size, events) VALUES (7, 1, ''), (NULL, 1, '')")
	const before = 11 // without the row
	if _, err := migrations.DownTo(t.Context(), before); err != nil {
		t.Fatal(err)
	}
	if _, err := migrations.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	var last int
	if err := conn.QueryRowContext(t.Context(), "SELECT last_number FROM event_feed").Scan(&last); err != nil || last != 7 {
		t.Errorf("the last number is %d, error %v; want 7", last, err)
	}
}

// Fails when a column has no comment that says what it holds.
func TestColumnsHaveComments(t *testing.T) {
	t.Parallel()
	conn := mysqltest.NewDB(t).Pool
	var missing sql.NullString
	if err := conn.QueryRowContext(t.Context(), `SELECT GROUP_CONCAT(TABLE_NAME, '.', COLUMN_NAME) FROM information_schema.COLUMNS
		WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME <> 'goose_db_version' AND COLUMN_COMMENT = ''`).Scan(&missing); err != nil {
		t.Fatal(err)
	}
	if missing.Valid {
		t.Errorf("no comment on %s", missing.String)
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
