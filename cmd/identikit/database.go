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
	// embeddedStart is long because after a crash the server first recovers its data.
	embeddedStart = 5 * time.Minute
	embeddedStop  = time.Minute
	// embeddedName is the name of the database on the private server.
	embeddedName = "identikit"
)

// database is the database of a command: the configured one or a private one.
type database struct {
	config mysql.Config
	pool   *sql.DB
	// probe has its own connection, so that /readyz does not fail when requests use up the pool.
	probe *sql.DB
	// where describes the database in messages. It contains no password.
	where  string
	server *localdb.Server // nil for a configured database
}

// openDatabase returns when a private server answers. It does not connect to a configured one. The
// caller must close the result.
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

// open creates the pools. It does not connect.
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
	if errors.Is(err, localdb.ErrInUse) && c.shared {
		return openRunning(c)
	}
	if errors.Is(err, localdb.ErrInUse) {
		return nil, fmt.Errorf("%w; stop it, or set IDENTIKIT_DATA to another folder, or set DATABASE_URL to share one database", err)
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

// openRunning opens the database of a service that runs with a private server.
func openRunning(c databaseConfig) (*database, error) {
	server, err := localdb.Running(c.dataDir, embeddedName)
	if err != nil {
		return nil, err
	}
	d := &database{where: "of the running service, data in " + c.dataDir}
	if err := d.open(server, c); err != nil {
		return nil, err
	}
	return d, nil
}

func createDatabase(ctx context.Context, server mysql.Config) error {
	pool, err := mysql.Open(server, 1)
	if err != nil {
		return err
	}
	defer pool.Close() //nolint:errcheck // the statement's error matters
	_, err = pool.ExecContext(ctx, "CREATE DATABASE IF NOT EXISTS "+embeddedName)
	return err
}

// migrate brings the schema of the private server up to date. Its connection has no time limit,
// because a migration may take long.
func (d *database) migrate(ctx context.Context) error {
	pool, err := mysql.Open(d.server.Config(embeddedName), 1)
	if err != nil {
		return err
	}
	return errors.Join(db.Up(ctx, pool), pool.Close())
}

// close closes the pool and then shuts the private server down cleanly.
func (d *database) close() error {
	for _, pool := range []*sql.DB{d.pool, d.probe} {
		if pool != nil {
			pool.Close() //nolint:errcheck // it fails if the server has gone away
		}
	}
	if d.server != nil {
		// The context of the command has ended if the command is being stopped.
		ctx, cancel := context.WithTimeout(context.Background(), embeddedStop)
		defer cancel()
		return d.server.Stop(ctx)
	}
	return nil
}

// ready is nil if the database is reachable and its schema is current. Its errors are
// *identity.Error whose Detail says what to do.
func (d *database) ready(ctx context.Context) error {
	pending, err := db.Pending(ctx, d.probe)
	switch {
	case err != nil:
		return notReady("The database cannot be reached. "+d.remedy(), mysql.Translate(err))
	case pending:
		return notReady("The database schema is not current. Run: identikit migrate up", errors.New("a migration is missing"))
	}
	if errors.Is(mysql.CheckWrites(ctx, d.probe), mysql.ErrReadOnly) {
		return notReady("The database server is read-only. DATABASE_URL must name the server that accepts writes, or all servers of its group.",
			mysql.ErrReadOnly)
	}
	return nil
}

// remedy says how to make the database reachable again.
func (d *database) remedy() string {
	if d.server != nil {
		return "It is being restarted; see the log for the reason."
	}
	return "Check that its server is running and that DATABASE_URL is correct."
}

func notReady(detail string, cause error) error {
	return &identity.Error{Code: identity.CodeUnavailable, Detail: detail, Err: cause}
}
