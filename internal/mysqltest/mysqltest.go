// Package mysqltest gives tests real databases. Each test binary has one server, started when the
// first test asks for it; each test has a database of its own on it, migrated and empty.
//
// The server is the first of these that applies:
//   - the kind that IDENTIKIT_TEST_SERVER names: "container" or "localdb";
//   - the server of TEST_DATABASE_URL, mysql://user:password@host:port/database, whose user may
//     create databases;
//   - a container of MYSQL_IMAGE (MySQL or MariaDB, default mysql:8.4), if a Docker engine answers;
//   - a private server as a child process: IDENTIKIT_MYSQLD, or an installed one.
//
// A test without a server is not skipped: it fails with a message that says what to do.
package mysqltest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/identikit/identikit/db"
	"github.com/identikit/identikit/internal/mysql"
)

const (
	maxConnections = 500 // of a server started here, for all tests that run at the same time
	poolSize       = 32  // of a DB
	startTimeout   = 5 * time.Minute
	stopTimeout    = time.Minute
)

// shared is the server of this test binary.
var shared lazyServer //nolint:gochecknoglobals // what TestMain and the tests have in common

// Main runs the tests and ends the process: func TestMain(m *testing.M) { mysqltest.Main(m) }.
func Main(m *testing.M) {
	code := m.Run()
	if err := shared.stop(); err != nil {
		fmt.Fprintln(os.Stderr, "mysqltest:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// DB is a migrated database that only one test uses.
type DB struct {
	Config mysql.Config
	Pool   *sql.DB // of 32 connections; tests that need others open their own with Config
}

// URL returns the DATABASE_URL of the database, for processes that a test starts.
func (d *DB) URL() string { return d.Config.URL() }

// NewDB creates a database and migrates it. It is dropped when the test ends.
func NewDB(t testing.TB) *DB {
	t.Helper()
	server, err := shared.start()
	if err != nil {
		t.Fatal(err)
	}
	name := newName()
	t.Cleanup(func() {
		if err := execute(server.config, "DROP DATABASE IF EXISTS "+name); err != nil {
			t.Errorf("drop the test's database: %v", err)
		}
	})
	return createDB(t, server.config, name)
}

func newName() string { return "test_" + strings.ToLower(rand.Text()) }

// createDB creates a migrated database on a server.
func createDB(t testing.TB, server mysql.Config, name string) *DB {
	t.Helper()
	if err := execute(server, "CREATE DATABASE "+name); err != nil {
		t.Fatalf("create a database for the test: %v", err)
	}
	config := server.WithDatabase(name)
	pool, err := mysql.Open(config, poolSize)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pool.Close() }) //nolint:errcheck // nothing is lost
	if err := db.Up(t.Context(), pool); err != nil {
		t.Fatalf("migrate the test's database: %v", err)
	}
	return &DB{Config: config, Pool: pool}
}

// execute runs one statement, even if the test's context is done.
func execute(server mysql.Config, statement string) error {
	pool, err := mysql.Open(server, 1)
	if err != nil {
		return err
	}
	defer pool.Close() //nolint:errcheck // the statement's error is returned
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	_, err = pool.ExecContext(ctx, statement)
	return err
}

// lazyServer is a server that starts at most once.
type lazyServer struct {
	once   sync.Once
	server *server
	err    error
}

func (l *lazyServer) start() (*server, error) {
	l.once.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
		defer cancel()
		l.server, l.err = startShared(ctx)
		if l.err == nil {
			fmt.Fprintln(os.Stderr, "mysqltest:", l.server.name)
		}
	})
	return l.server, l.err
}

// stop must not be called before all tests have ended.
func (l *lazyServer) stop() error {
	if l.server == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	return l.server.stop(ctx)
}
