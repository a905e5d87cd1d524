package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"

	"github.com/identikit/identikit/internal/mysql"
)

const (
	// statementWait is how long, in seconds, a statement of a migration waits for a table in use.
	// Statements that come later wait for it, so this is also how long a migration can block the
	// service.
	statementWait = 2
	// lockStep is how long, in seconds, one statement waits for the lock on migrations.
	lockStep = 1
)

// The name of the lock includes the database, because locks belong to the whole server. It may have
// at most 64 characters. MySQL 9.6 no longer has MD5.
const (
	getLock     = "SELECT GET_LOCK(CONCAT('identikit migrate ', LEFT(SHA2(DATABASE(), 256), 32)), ?)"
	releaseLock = "DO RELEASE_LOCK(CONCAT('identikit migrate ', LEFT(SHA2(DATABASE(), 256), 32)))"
)

// locker makes processes migrate a database one after another and limits how long their statements
// wait for locks. It implements goose's lock.SessionLocker: goose runs all migrations on the
// connection that it passes. If a process dies, the server releases its lock.
type locker struct {
	patience time.Duration // for the lock on migrations
	waiting  func(string)
}

// SessionLock waits until no other process migrates. On a server without such locks it returns at
// once.
func (l locker) SessionLock(ctx context.Context, conn *sql.Conn) error {
	for deadline, announced := time.Now().Add(l.patience), false; ; announced = true {
		wait := lockStep
		if !announced {
			wait = 0
		}
		var got sql.NullBool
		err := conn.QueryRowContext(ctx, getLock, wait).Scan(&got)
		switch {
		case mysql.IsNotSupported(err), got.Bool:
			if err := l.limitWaits(ctx, conn); err != nil {
				return err
			}
			return completeVersions(ctx, conn)
		case err != nil:
			return err
		case !got.Valid:
			return errors.New("the server could not lock the migrations")
		case time.Now().After(deadline):
			return fmt.Errorf("another process has been migrating this database for %v; run it again after it has ended", l.patience)
		case !announced:
			l.waiting(fmt.Sprintf("another process is migrating this database; waiting up to %v for it", l.patience))
		}
	}
}

func (l locker) limitWaits(ctx context.Context, conn *sql.Conn) error {
	for _, statement := range []string{
		"SET @lock_wait_timeout_before = @@SESSION.lock_wait_timeout",
		fmt.Sprintf("SET SESSION lock_wait_timeout = %d", statementWait),
	} {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// completeVersions adds the row of version 0 to an empty table of versions. A process that was
// killed right after it created the table leaves it empty, and goose would fail.
func completeVersions(ctx context.Context, conn *sql.Conn) error {
	versions, err := database.NewStore(database.DialectMySQL, goose.DefaultTablename)
	if err != nil {
		return err
	}
	applied, err := versions.ListMigrations(ctx, conn)
	if mysql.IsNoSuchTable(err) {
		return nil
	}
	if err != nil || len(applied) > 0 {
		return err
	}
	return versions.Insert(ctx, conn, database.InsertRequest{Version: 0})
}

// SessionUnlock restores the connection and releases the lock.
func (l locker) SessionUnlock(ctx context.Context, conn *sql.Conn) error {
	for _, statement := range []string{"SET SESSION lock_wait_timeout = @lock_wait_timeout_before", releaseLock} {
		if _, err := conn.ExecContext(ctx, statement); err != nil && !mysql.IsNotSupported(err) {
			return err
		}
	}
	return nil
}
