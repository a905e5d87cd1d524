package main

import (
	"context"
	"database/sql"
	"log/slog"

	"github.com/identikit/identikit/internal/replica"
)

// openReplicas returns where reads go: the replicas, and the given pool of the primary. The caller must close
// it.
func openReplicas(d *database, c databaseConfig, primary *sql.DB, log *slog.Logger) (*replica.Router, error) {
	if c.replicas == nil {
		return replica.Only(primary), nil
	}
	servers := c.replicas.servers
	if c.limit > 0 {
		servers = servers.WithReadTimeout(c.limit)
	}
	r, err := replica.Start(d.config, primary, replica.Options{
		Servers: servers, Conns: primary.Stats().MaxOpenConnections, MaxLag: c.replicas.maxLag, Logger: log,
	})
	if err != nil {
		return nil, usageError("DATABASE_READ_URL: " + err.Error())
	}
	return r, nil
}

// onReplica calls read with a pool for reading the whole database: of a replica that has all that was
// committed before, if there is one.
func (a app) onReplica(ctx context.Context, d *database, c config, read func(*sql.DB) error) error {
	replicas, err := openReplicas(d, c.database, d.pool, newLogger(a.stderr, c.logLevel))
	if err != nil {
		return err
	}
	defer replicas.Close()
	return read(replicas.Await(ctx))
}
