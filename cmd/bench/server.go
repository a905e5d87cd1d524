package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/identikit/identikit/db"
	"github.com/identikit/identikit/internal/localdb"
	"github.com/identikit/identikit/internal/mysql"
)

// server is the database server of a run.
type server struct {
	url     *url.URL
	admin   *sql.DB
	private *localdb.Server // nil for the server of DATABASE_URL
	pid     int             // 0 if it is not a process of this machine
	created []string
	loading bool // close must switch LOAD DATA LOCAL off
}

// openServer connects to the server at rawURL. If rawURL is empty, it starts one in dir.
func openServer(ctx context.Context, rawURL, dir string, stderr io.Writer) (*server, error) {
	s := &server{}
	if rawURL == "" {
		log := slog.New(slog.NewTextHandler(stderr, nil))
		private, err := localdb.Start(ctx, localdb.Options{Dir: filepath.Join(dir, "server"), Logger: log})
		if err != nil {
			return nil, err
		}
		s.private, rawURL = private, private.Config("mysql").URL()
	}
	if err := s.connect(ctx, rawURL); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *server) connect(ctx context.Context, rawURL string) error {
	config, err := mysql.ParseURL(rawURL)
	if err != nil {
		return fmt.Errorf("DATABASE_URL %w", err)
	}
	if s.url, err = url.Parse(rawURL); err != nil {
		return errors.New("DATABASE_URL is not a URL")
	}
	if s.admin, err = mysql.Open(config, 2); err != nil {
		return err
	}
	s.findProcess(ctx)
	return s.allowLoading(ctx)
}

// allowLoading switches LOAD DATA LOCAL on until close: tables are filled with it, and imports are
// measured against it.
func (s *server) allowLoading(ctx context.Context) error {
	var allowed bool
	if err := s.admin.QueryRowContext(ctx, "SELECT @@GLOBAL.local_infile").Scan(&allowed); err != nil || allowed {
		return err
	}
	if _, err := s.admin.ExecContext(ctx, "SET GLOBAL local_infile = ON"); err != nil {
		return fmt.Errorf("LOAD DATA LOCAL is off, and this account may not SET GLOBAL local_infile = ON: %w", err)
	}
	s.loading = true
	return nil
}

// close drops what was created, restores the settings, and stops a private server.
func (s *server) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var errs []error
	if s.admin != nil {
		for _, name := range s.created {
			errs = append(errs, s.drop(ctx, name))
		}
		if s.loading {
			_, err := s.admin.ExecContext(ctx, "SET GLOBAL local_infile = OFF")
			errs = append(errs, err)
		}
		errs = append(errs, s.admin.Close())
	}
	if s.private != nil {
		errs = append(errs, s.private.Stop(ctx))
	}
	return errors.Join(errs...)
}

func (s *server) drop(ctx context.Context, name string) error {
	_, err := s.admin.ExecContext(ctx, "DROP DATABASE IF EXISTS "+name)
	return err
}

func (s *server) setGlobal(ctx context.Context, variable string, value uint64) error {
	_, err := s.admin.ExecContext(ctx, fmt.Sprintf("SET GLOBAL %s = %d", variable, value))
	return err
}

// database is a migrated database of this run.
type database struct {
	name   string
	url    string // for DATABASE_URL
	pool   *sql.DB
	loader *sql.DB // allowed to read files for LOAD DATA LOCAL
	filler *sql.DB // likewise, without checks of unique keys
	server *server
	kept   bool // drop leaves it
}

// create makes a database with empty tables.
func (s *server) create(ctx context.Context, purpose string) (*database, error) {
	name := fmt.Sprintf("identikit_bench_%d_%s", os.Getpid(), purpose)
	if _, err := s.admin.ExecContext(ctx, "CREATE DATABASE "+name); err != nil {
		return nil, err
	}
	s.created = append(s.created, name)
	return s.use(ctx, name)
}

// use connects to a database and brings its tables up to date.
func (s *server) use(ctx context.Context, name string) (d *database, err error) {
	d = &database{name: name, url: s.urlOf(name, nil), server: s}
	if d.pool, err = openPool(d.url, callers); err != nil {
		return nil, err
	}
	if d.loader, err = openPool(s.urlOf(name, url.Values{"allowAllFiles": {"true"}}), 1); err != nil {
		return nil, err
	}
	unchecked := url.Values{"allowAllFiles": {"true"}, "unique_checks": {"0"}}
	if d.filler, err = openPool(s.urlOf(name, unchecked), 1); err != nil {
		return nil, err
	}
	return d, db.Up(ctx, d.pool)
}

// drop removes the database before the next measurement, which should not pay for its pages. One that is
// kept is only closed.
func (d *database) drop() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	err := errors.Join(d.pool.Close(), d.loader.Close(), d.filler.Close())
	if d.kept {
		return err
	}
	return errors.Join(err, d.server.drop(ctx, d.name))
}

// urlOf is DATABASE_URL with another database and more parameters.
func (s *server) urlOf(database string, more url.Values) string {
	u, query := *s.url, s.url.Query()
	for name := range more {
		query.Set(name, more.Get(name))
	}
	u.Path, u.RawQuery = "/"+database, query.Encode()
	return u.String()
}

func openPool(rawURL string, maxConns int) (*sql.DB, error) {
	config, err := mysql.ParseURL(rawURL)
	if err != nil {
		return nil, err
	}
	return mysql.Open(config, maxConns)
}
