package mysql_test

import (
	"database/sql"
	"fmt"
	"testing"

	"github.com/identikit/identikit/internal/mysql"
)

// onServer are the numbers that a server must be set up for. The cases run in the order of the numbers.
func onServer() provocations[*node] {
	return provocations[*node]{
		1040: {"", func(t *testing.T, n *node) error { return n.refused(t, "max_connections", 10, 500) }},
		1044: {"", func(t *testing.T, n *node) error { return n.ping(t, "app:secret", "mysql") }},
		1045: {"", func(t *testing.T, n *node) error { return n.ping(t, "app:wrong", groupSchema) }},
		1049: {"", func(t *testing.T, n *node) error {
			n.exec(t, "GRANT ALL ON missing.* TO app@'%'")
			n.exec(t, "GRANT ALL ON missing.* TO app@localhost")
			return n.ping(t, "app:secret", "missing")
		}},
		// MariaDB accepts this limit only at the start.
		1203: {onMySQL, func(t *testing.T, n *node) error { return n.refused(t, "max_user_connections", 1, 0) }},
		1226: {"", func(t *testing.T, n *node) error {
			n.limitUser(t, 1)
			defer n.limitUser(t, 0)
			return n.connectMany(t)
		}},
		1290: {"", func(t *testing.T, n *node) error {
			n.exec(t, "SET GLOBAL read_only = 1")
			defer n.exec(t, "SET GLOBAL read_only = 0")
			return runOn(t, connect(t, n.open(t, "app:secret", groupSchema)), "INSERT INTO written VALUES (1)")
		}},
		3032: {onMySQL, func(t *testing.T, n *node) error {
			n.exec(t, "SET GLOBAL offline_mode = 1")
			defer n.exec(t, "SET GLOBAL offline_mode = 0")
			return n.ping(t, "app:secret", groupSchema)
		}},
	}
}

// open returns a pool for an account, as user:password.
func (n *node) open(t *testing.T, account, database string) *sql.DB {
	t.Helper()
	config, err := mysql.ParseURL(fmt.Sprintf("mysql://%s@%s/%s?allowCleartextPasswords=true", account, n.address, database))
	if err != nil {
		t.Fatal(err)
	}
	pool, err := mysql.Open(config, 20)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pool.Close() })
	return pool
}

func (n *node) ping(t *testing.T, account, database string) error {
	t.Helper()
	return n.open(t, account, database).PingContext(t.Context())
}

// refused limits the connections of the server and returns the error of the first beyond the limit.
func (n *node) refused(t *testing.T, variable string, limit, before int) error {
	t.Helper()
	n.exec(t, fmt.Sprintf("SET GLOBAL %s = %d", variable, limit))
	defer n.exec(t, fmt.Sprintf("SET GLOBAL %s = %d", variable, before))
	return n.connectMany(t)
}

func (n *node) limitUser(t *testing.T, connections int) {
	t.Helper()
	for _, host := range []string{"'%'", "localhost"} {
		n.exec(t, fmt.Sprintf("ALTER USER app@%s WITH MAX_USER_CONNECTIONS %d", host, connections))
	}
}

// connectMany opens up to 20 connections and returns the first error.
func (n *node) connectMany(t *testing.T) error {
	t.Helper()
	pool := n.open(t, "app:secret", groupSchema)
	defer pool.Close()
	for range 20 {
		conn, err := pool.Conn(t.Context())
		if err != nil {
			return err
		}
		defer conn.Close()
	}
	return nil
}
