package doctor

import (
	"context"
	"encoding/json"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/mysqltest"
)

// wantFinding expects a finding in a report, and that nothing in it has the password of these
// tests.
func wantFinding(t *testing.T, r Report, level Level, check, part string) {
	t.Helper()
	if text, err := json.Marshal(r); err != nil || strings.Contains(string(text), "hunter2") {
		t.Errorf("a password was printed, or %v: %s", err, text)
	}
	for _, f := range r.Findings {
		if f.Check == check && f.Level == level && strings.Contains(f.Found, part) {
			return
		}
	}
	t.Errorf("want %s %s with %q in\n%+v", level, check, part, r.Findings)
}

func exec(t *testing.T, db *mysqltest.DB, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		if _, err := db.Pool.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// with returns the configuration of a database with more parameters in its URL.
func with(t *testing.T, db *mysqltest.DB, parameters string) mysql.Config {
	t.Helper()
	url := db.URL()
	separator := "?"
	if strings.Contains(url, "?") {
		separator = "&"
	}
	c, err := mysql.ParseURL(url + separator + parameters)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Fails when a server that works is called wrong, or when something cannot be read from a real one.
func TestRealServer(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	r := Examine(t.Context(), db.Config, Options{Connections: 21})
	if r.Level == Wrong || !r.Answered() {
		t.Errorf("%+v", r)
	}
	engine, err := mysql.Version(t.Context(), db.Pool)
	if s := r.Servers[0]; err != nil || !s.AcceptsWrites || s.Topology != single || s.Engine+" "+s.Version != engine {
		t.Errorf("got %+v, want %s, %v", s, engine, err)
	}
	for _, c := range []struct{ check, part string }{
		{"answers", "answers"}, {"writes", "accepts"}, {"version", "supported"}, {"topology", "single"}, {"schema", "current"},
		{"privileges", "migrations"}, {"collation", "utf8mb4_bin"}, {"session", "READ-COMMITTED"}, {"session", "strict"},
		{"connections", "max_connections = 500"}, {"packet", "MiB"}, {"memory", "tables"}, {"clock", "agrees"}, {"ids", "= 1"},
	} {
		wantFinding(t, r, OK, c.check, c.part)
	}
}

// Fails when a table of the migrations is left out of the look at columns and sizes.
func TestAllTablesAreExamined(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	rows, err := read(t.Context(), db.Pool, "SELECT table_name AS t, table_name IN "+ours+` AS known
		FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY table_name`)
	if err != nil || len(rows) < 2 {
		t.Fatal(rows, err)
	}
	for _, r := range rows {
		if got, want := r["known"], r["t"] != "goose_db_version"; (got == "1") != want {
			t.Errorf("%s: got %s, want %v", r["t"], got, want)
		}
	}
}

// Fails when a server that loses commits is not a risk, or one that refuses writes is not wrong.
func TestSettingsOfRealServer(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewServer(t).NewDB(t)
	wantFinding(t, Examine(t.Context(), db.Config, Options{}), OK, "durability", "innodb_flush_log_at_trx_commit = 1")
	exec(t, db, "SET GLOBAL innodb_flush_log_at_trx_commit = 2", "SET GLOBAL read_only = 1")
	r := Examine(t.Context(), db.Config, Options{})
	wantFinding(t, r, Risk, "durability", "innodb_flush_log_at_trx_commit = 2")
	wantFinding(t, r, Wrong, "writes", "read_only = ON")
	if r.Servers[0].AcceptsWrites {
		t.Error("a read-only server accepts writes")
	}
}

// Fails when e-mail addresses that the database takes for equal are not called wrong.
func TestCollationOfRealColumn(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	exec(t, db, "ALTER TABLE contacts MODIFY email VARCHAR(254) COLLATE utf8mb4_general_ci NULL",
		"ALTER TABLE blocks MODIFY reason VARCHAR(500) COLLATE utf8mb4_unicode_ci NOT NULL")
	r := Examine(t.Context(), db.Config, Options{})
	wantFinding(t, r, Wrong, "collation", "contacts.email is utf8mb4_general_ci")
	wantFinding(t, r, Note, "collation", "blocks.reason")
}

// Fails when a session differs from what Identikit needs, or its server's clock from this
// machine's, and that is not found.
func TestRealSession(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	r := Examine(t.Context(), with(t, db, "sql_mode=%27%27&auto_increment_increment=7&timestamp=1700000000"), Options{})
	wantFinding(t, r, Wrong, "session", "not strict")
	wantFinding(t, r, Note, "ids", "= 7")
	wantFinding(t, r, Risk, "clock", "behind")
}

// Fails when the privileges of an account are misread, or when the look needs more than those of a
// service.
func TestRealPrivileges(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewServer(t).NewDB(t)
	name := db.Config.String()[strings.LastIndex(db.Config.String(), "/")+1:]
	engine, err := mysql.Version(t.Context(), db.Pool)
	if err != nil {
		t.Fatal(err)
	}
	exec(t, db, "DROP USER IF EXISTS ''@'localhost'", "CREATE ROLE writer", "GRANT SELECT, INSERT, UPDATE, DELETE ON "+name+".* TO writer")
	for account, c := range map[string]struct {
		grant string
		level Level
		part  string
	}{
		"reader":  {"GRANT SELECT ON " + name + ".* TO reader", Wrong, "lacks INSERT, UPDATE, DELETE"},
		"service": {"GRANT SELECT, INSERT, UPDATE, DELETE ON " + name + ".* TO service", Note, "cannot run migrations"},
		"member":  {"GRANT writer TO member", Note, "cannot run migrations"},
		"owner":   {"GRANT ALL ON " + name + ".* TO owner", OK, "migrations"},
	} {
		exec(t, db, "CREATE USER "+account+" IDENTIFIED BY 'hunter2'", c.grant)
		if account == "member" && strings.HasPrefix(engine, "MySQL") {
			exec(t, db, "SET DEFAULT ROLE writer TO member")
		} else if account == "member" {
			exec(t, db, "SET DEFAULT ROLE writer FOR member")
		}
		config, err := mysql.ParseURL(strings.Replace(db.URL(), "//root:", "//"+account+":", 1))
		if err != nil {
			t.Fatal(err)
		}
		r := Examine(t.Context(), config.WithPassword("hunter2"), Options{})
		wantFinding(t, r, c.level, "privileges", c.part)
		wantFinding(t, r, OK, "schema", "current")
		wantFinding(t, r, Note, "replication", "cannot be read")
	}
}

// Fails when a server that accepts connections and never answers holds up the examination.
func TestServerIsSilent(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	config, err := mysql.ParseURL("mysql://ann:hunter2@" + silent.Addr().String() + "/shop")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	wantFinding(t, Examine(ctx, config, Options{}), Wrong, "answers", "deadline exceeded")
}

// Fails when a server that is down ends the examination of the others, or is not named.
func TestOneServerIsDown(t *testing.T) {
	t.Parallel()
	config, err := mysql.ParseURL("mysql://ann:hunter2@127.0.0.1:1,[::1]:1/shop")
	if err != nil {
		t.Fatal(err)
	}
	r := Examine(t.Context(), config, Options{})
	var addresses []string
	for _, s := range r.Servers {
		addresses = append(addresses, s.Address)
	}
	if diff := cmp.Diff([]string{"127.0.0.1:1", "[::1]:1"}, addresses); diff != "" || r.Answered() || r.Level != Wrong {
		t.Errorf("%+v\n%s", r, diff)
	}
	wantFinding(t, r, Wrong, "answers", "cannot be examined")
	if slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Check != "answers" }) {
		t.Errorf("findings about servers that were not examined: %+v", r.Findings)
	}
}
