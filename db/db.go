// Package db holds the schema as embedded goose migrations, and runs and checks them.
package db

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"

	"github.com/identikit/identikit/internal/mysql"
)

//go:embed migrations/*.sql
var files embed.FS

// New returns goose's provider for the embedded migrations. It takes no lock, and two processes
// must not change the schema of one database at the same time: see Change.
func New(conn *sql.DB, options ...goose.ProviderOption) (*goose.Provider, error) {
	migrations, err := fs.Sub(files, "migrations")
	if err != nil {
		return nil, fmt.Errorf("embedded migrations: %w", err)
	}
	return goose.NewProvider(goose.DialectMySQL, conn, migrations, options...)
}

// Up applies all missing migrations.
func Up(ctx context.Context, conn *sql.DB) error {
	return Change(ctx, conn, func(string) {}, func(p *goose.Provider) error {
		_, err := p.Up(ctx)
		return err
	})
}

// Pending reports whether a migration is missing. If the database is newer than this binary, as
// during a rolling deployment, none is. It only reads; goose's own check would create its table.
func Pending(ctx context.Context, conn *sql.DB) (bool, error) {
	p, err := New(conn)
	if err != nil {
		return false, err
	}
	latest, err := Version(ctx, conn)
	if err != nil {
		return false, err
	}
	sources := p.ListSources()
	return latest < sources[len(sources)-1].Version, nil
}

// Version returns the number of the newest migration that was applied, 0 if none was. It only reads.
func Version(ctx context.Context, conn *sql.DB) (int64, error) {
	versions, err := database.NewStore(database.DialectMySQL, goose.DefaultTablename)
	if err != nil {
		return 0, err
	}
	latest, err := versions.GetLatestVersion(ctx, conn)
	if mysql.IsNoSuchTable(err) || errors.Is(err, database.ErrVersionNotFound) {
		return 0, nil
	}
	return latest, mysql.Translate(err)
}
