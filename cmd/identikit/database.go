package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/identikit/identikit/db"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/localdb"
	"github.com/identikit/identikit/internal/mysql"
)

const (
	// embeddedStart is generous: after a crash the server first recovers its data.
	embeddedStart = 5 * time.Minute
	embeddedStop  = time.Minute
	// embeddedName is the database that the private server holds.
	embeddedName = "identikit"
)

// database is what a command works on: the operator's, or a private one.
type database struct {
	config mysql.Config
	pool   *sql.DB
	// probe has a connection of its own, so that requests that use up the pool do
	// not make the database look unreachable.
	probe *sql.DB
	// where tells a person which database this is. It holds no password.
	where  string
	server *localdb.Server // nil for the operator's
}

// openDatabase returns when a private server answers; it does not dial an
// operator's. The caller must close what it returns.
func openDatabase(ctx context.Context, c databaseConfig, log *slog.Logger) (*database, error) {
	if c.embedded {
		return openEmbedded(ctx, c, log)
	}
	d := &database{where: c.server.String()}
	if err := d.open(c.server, c); err != nil {
		return nil, usageError("DATABASE_URL: " + err.Error())
	}
	return d, nil
}

// open dials nothing.
func (d *database) open(server mysql.Config, c databaseConfig) (err error) {
	if c.limit > 0 {
		server = server.WithReadTimeout(c.limit)
	}
	d.config = server
	if d.pool, err = mysql.Open(server, c.maxConns); err == nil {
		d.probe, err = mysql.Open(server, 1)
	}
	return err
}

func openEmbedded(ctx context.Context, c databaseConfig, log *slog.Logger) (*database, error) {
	starting, cancel := context.WithTimeout(ctx, embeddedStart)
	defer cancel()
	server, err := localdb.Start(starting, localdb.Options{Dir: c.dataDir, Binary: c.mysqld, Logger: log})
	if errors.Is(err, localdb.ErrInUse) {
		return nil, fmt.Errorf("%w; stop that one, or set IDENTIKIT_DATA to another folder, or set DATABASE_URL to share one database", err)
	}
	if err != nil {
		return nil, err
	}
	d := &database{server: server, where: "private, data in " + server.Dir()}
	if err := createDatabase(starting, server.Config("")); err != nil {
		return nil, errors.Join(err, d.close())
	}
	if err := d.open(server.Config(embeddedName), c); err != nil {
		return nil, errors.Join(err, d.close())
	}
	return d, nil
}

func createDatabase(ctx context.Context, server mysql.Config) error {
	pool, err := mysql.Open(server, 1)
	if err != nil {
		return err
	}
	defer pool.Close() //nolint:errcheck // the statement's error is the one to tell
	_, err = pool.ExecContext(ctx, "CREATE DATABASE IF NOT EXISTS "+embeddedName)
	return err
}

// migrate brings the schema of the private server up to date. It takes as long as
// it takes, so its connection has no limit.
func (d *database) migrate(ctx context.Context) error {
	pool, err := mysql.Open(d.server.Config(embeddedName), 1)
	if err != nil {
		return err
	}
	return errors.Join(db.Up(ctx, pool), pool.Close())
}

// close gives up the pool and then, in a clean way, the private server.
func (d *database) close() error {
	for _, pool := range []*sql.DB{d.pool, d.probe} {
		if pool != nil {
			pool.Close() //nolint:errcheck // nothing to lose; it fails when the server went away
		}
	}
	if d.server != nil {
		// Also when the command was told to stop: its context is over by now.
		ctx, cancel := context.WithTimeout(context.Background(), embeddedStop)
		defer cancel()
		return d.server.Stop(ctx)
	}
	return nil
}

// ready is nil when the database can be reached and its schema is current. Its
// errors are *identity.Error, and say what to do.
func (d *database) ready(ctx context.Context) error {
	pending, err := db.Pending(ctx, d.probe)
	switch {
	case err != nil:
		return notReady("The database cannot be reached. "+d.remedy(), mysql.Translate(err))
	case pending:
		return notReady("The database schema is not current. Run: identikit migrate up", errors.New("the database lacks a migration"))
	}
	return nil
}

// remedy says what brings the database back.
func (d *database) remedy() string {
	if d.server != nil {
		return "It is being started again; the log says what is in its way."
	}
	return "Check that its server runs and that DATABASE_URL is right."
}

func notReady(detail string, cause error) error {
	return &identity.Error{Code: identity.CodeUnavailable, Detail: detail, Err: cause}
}
