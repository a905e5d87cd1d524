package mysql

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"fmt"
	"strings"
	"time"

	driver "github.com/go-sql-driver/mysql"
)

// connLifetime is below the usual idle limits of proxies and load balancers, and moves a pool back
// to a server that has returned.
const connLifetime = 5 * time.Minute

// Open returns a pool of at most maxConns connections. It does not connect. Every session runs READ
// COMMITTED in UTC. Idle connections are kept, because opening one costs more than most requests.
func Open(c Config, maxConns int) (*sql.DB, error) {
	connect, err := driver.NewConnector(c.driver)
	if err != nil {
		return nil, fmt.Errorf("database settings: %w", err)
	}
	db := sql.OpenDB(connector{connect})
	db.SetMaxOpenConns(maxConns)
	db.SetMaxIdleConns(maxConns)
	db.SetConnMaxLifetime(connLifetime)
	return db, nil
}

// connector sets the isolation level of each new session. A driver parameter would need the
// variable's name, which differs between MySQL 8 and MariaDB 10; BeginTx would cost a round trip
// per transaction.
type connector struct{ sqldriver.Connector }

func (c connector) Connect(ctx context.Context) (sqldriver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	exec, ok := conn.(sqldriver.ExecerContext)
	if !ok {
		return nil, fmt.Errorf("driver connection %T cannot run statements", conn)
	}
	if _, err := exec.ExecContext(ctx, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", nil); err != nil {
		conn.Close() //nolint:errcheck // the statement's error matters
		return nil, err
	}
	return conn, nil
}

// Version returns the name and version of the server, such as "MySQL 8.4.3" or "MariaDB 10.11.19".
func Version(ctx context.Context, db *sql.DB) (string, error) {
	var version, comment string
	if err := db.QueryRowContext(ctx, "SELECT VERSION(), @@version_comment").Scan(&version, &comment); err != nil {
		return "", Translate(err)
	}
	number, _, _ := strings.Cut(version, "-")
	switch {
	case strings.Contains(version, "MariaDB"):
		return "MariaDB " + number, nil
	case strings.Contains(version, "TiDB"):
		return version, nil
	default:
		return "MySQL " + number, nil
	}
}
