package mysql_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/mysqltest"
)

// onDatabase are the numbers that one database is enough for.
func onDatabase() provocations[*mysqltest.DB] {
	const many = "information_schema.COLLATIONS"
	return provocations[*mysqltest.DB]{
		1062: {"", func(t *testing.T, db *mysqltest.DB) error { return runAll(t, db, insertOne, insertOne) }},
		1114: {"", func(t *testing.T, db *mysqltest.DB) error {
			return runAll(t, db, "SET SESSION max_heap_table_size = 16384", "CREATE TABLE small (c CHAR(200)) ENGINE = MEMORY",
				"INSERT INTO small VALUES (''), (''), ('')", "INSERT INTO small SELECT a.c FROM small a, small b, small c, small d, small e")
		}},
		1146: {"", func(t *testing.T, db *mysqltest.DB) error { return runAll(t, db, "SELECT 1 FROM missing") }},
		1205: {"", func(t *testing.T, db *mysqltest.DB) error {
			return against(t, db, insertOne, updateOne, updateOne)
		}},
		1213: {"", deadlock},
		1317: {"", killedQuery},
		1792: {"", func(t *testing.T, db *mysqltest.DB) error {
			return runAll(t, db, "START TRANSACTION READ ONLY", insertOne)
		}},
		1969: {onMariaDB, func(t *testing.T, db *mysqltest.DB) error {
			return against(t, db, insertOne, updateOne, "SET SESSION innodb_lock_wait_timeout = 30, max_statement_time = 0.05", updateOne)
		}},
		3024: {onMySQL, func(t *testing.T, db *mysqltest.DB) error {
			return runAll(t, db, "SET SESSION max_execution_time = 50", "SELECT COUNT(*) FROM "+many+" AS a, "+many+" AS b, "+many+" AS c, "+many+" AS d")
		}},
		3572: {onMySQL, func(t *testing.T, db *mysqltest.DB) error {
			const lock = "SELECT id FROM contacts WHERE id = 1 ORDER BY id FOR UPDATE"
			return against(t, db, insertOne, lock, lock+" NOWAIT")
		}},
		4031: {onMySQL, idle},
	}
}

const (
	insertOne = "INSERT INTO contacts (id, email, link_precedence) VALUES (1, 'a@x.com', 'primary')"
	updateOne = "UPDATE contacts SET blocked = 1 WHERE id = 1"
)

// runAll runs statements on one connection and returns the error of the last. The others must succeed.
func runAll(t *testing.T, db *mysqltest.DB, statements ...string) error {
	t.Helper()
	return runOn(t, connect(t, db.Pool), statements...)
}

func connect(t *testing.T, pool *sql.DB) *sql.Conn {
	t.Helper()
	conn, err := pool.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func runOn(t *testing.T, conn *sql.Conn, statements ...string) error {
	t.Helper()
	for i, s := range statements {
		if _, err := conn.ExecContext(t.Context(), s); i == len(statements)-1 {
			return err
		} else if err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	return nil
}

// against runs statements while another transaction, which has run one, is open.
func against(t *testing.T, db *mysqltest.DB, before, other string, statements ...string) error {
	t.Helper()
	if err := runAll(t, db, before); err != nil {
		t.Fatal(err)
	}
	if err := runAll(t, db, "BEGIN", other); err != nil {
		t.Fatal(err)
	}
	return runAll(t, db, append([]string{"BEGIN"}, statements...)...)
}

// deadlock lets two transactions wait for each other and returns the error of the one that is rolled back.
func deadlock(t *testing.T, db *mysqltest.DB) error {
	t.Helper()
	const insertTwo = "INSERT INTO contacts (id, email, link_precedence) VALUES (2, 'b@x.com', 'primary')"
	const updateTwo = "UPDATE contacts SET blocked = 1 WHERE id = 2"
	if err := runAll(t, db, insertOne, insertTwo); err != nil {
		t.Fatal(err)
	}
	a, b := connect(t, db.Pool), connect(t, db.Pool)
	for conn, first := range map[*sql.Conn]string{a: updateOne, b: updateTwo} {
		if err := runOn(t, conn, "SET SESSION innodb_lock_wait_timeout = 30", "BEGIN", first); err != nil {
			t.Fatal(err)
		}
	}
	waited := make(chan error, 1)
	go func() {
		_, err := a.ExecContext(t.Context(), updateTwo)
		waited <- err
	}()
	err := runOn(t, b, updateOne)
	if err == nil {
		return <-waited
	}
	if rolledBack := <-waited; rolledBack != nil {
		t.Errorf("both are rolled back: %v, %v", err, rolledBack)
	}
	return err
}

// killedQuery kills a statement that waits for a lock.
func killedQuery(t *testing.T, db *mysqltest.DB) error {
	t.Helper()
	return killWaiting(t, db.Pool, connect(t, db.Pool), insertOne, "KILL QUERY ?")
}

// killWaiting lets a connection wait until another has committed the same INSERT, ends that with a statement,
// and returns the error of the connection.
func killWaiting(t *testing.T, admin *sql.DB, conn *sql.Conn, insert, kill string) error {
	t.Helper()
	var id int64
	if err := conn.QueryRowContext(t.Context(), "SELECT CONNECTION_ID()").Scan(&id); err != nil {
		t.Fatal(err)
	}
	if err := runOn(t, connect(t, admin), "BEGIN", insert); err != nil {
		t.Fatal(err)
	}
	waited := make(chan error, 1)
	go func() { waited <- runOn(t, conn, "SET SESSION innodb_lock_wait_timeout = 60", insert) }()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		var waiting bool
		err := admin.QueryRowContext(t.Context(), "SELECT COUNT(*) > 0 FROM information_schema.PROCESSLIST WHERE ID = ? AND INFO = ?", id, insert).Scan(&waiting)
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("it does not wait: %v", err)
		}
		if waiting {
			break
		}
	}
	if _, err := admin.ExecContext(t.Context(), kill, id); err != nil {
		t.Fatal(err)
	}
	return <-waited
}

// Fails when work is given up because somebody killed its connection. The servers have numbers for that
// (1927, 3169), but close the connection before they send them.
func TestKilledConnectionIsLost(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	if err := killWaiting(t, db.Pool, connect(t, db.Pool), insertOne, "KILL ?"); !mysql.IsLost(err) {
		t.Errorf("got %v", err)
	}
}

// idle uses a connection that was idle for longer than the server allows.
func idle(t *testing.T, db *mysqltest.DB) error {
	t.Helper()
	conn := connect(t, db.Pool)
	if err := runOn(t, conn, "SET SESSION wait_timeout = 1"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		time.Sleep(2 * time.Second)
		if _, err := conn.ExecContext(ctx, "DO 1"); err != nil {
			return err
		}
	}
}
