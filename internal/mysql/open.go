package mysql

import (
	"context"
	"database/sql"
	"strings"
)

// Open returns a pool of at most maxConns connections. It does not connect. Every session runs READ
// COMMITTED in UTC. Idle connections are kept, because opening one costs more than most requests. Pools of
// one Config learn from each other which server accepts writes.
func Open(c Config, maxConns int) (*sql.DB, error) {
	connect, err := newConnector(c)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connect)
	db.SetMaxOpenConns(maxConns)
	db.SetMaxIdleConns(maxConns)
	db.SetConnMaxLifetime(maxLifetime)
	return db, nil
}

// isReadOnly selects whether the server is read-only. The variable is a number, or text on some versions.
const isReadOnly = "SELECT @@global.read_only NOT IN ('0', 'OFF')"

// CheckWrites returns an error when the server does not accept writes.
func CheckWrites(ctx context.Context, db *sql.DB) error {
	var readOnly bool
	err := db.QueryRowContext(ctx, isReadOnly).Scan(&readOnly)
	if err == nil && readOnly {
		err = ErrReadOnly
	}
	return err
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
