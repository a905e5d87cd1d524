package linkertest

import (
	"database/sql"
	"log/slog"
	"net/url"
	"testing"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/correction"
	"github.com/identikit/identikit/internal/erasure"
	"github.com/identikit/identikit/internal/lanes"
	"github.com/identikit/identikit/internal/ledger"
	"github.com/identikit/identikit/internal/linker"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/mysqltest"
	"github.com/identikit/identikit/internal/suppression"
)

const (
	// ErasureKey is a key for tests.
	ErasureKey = "0123456789abcdef0123456789abcdef"
	// SeedSize is how many customers Seeded adds.
	SeedSize = 3000
)

// System is all that changes contacts, on one database.
type System struct {
	*linker.Linker
	*correction.Corrector
	*erasure.Eraser
	*suppression.List
}

// New returns a system on a migrated database.
func New(db *sql.DB, policy cluster.Policy, keys ...suppression.Key) *System {
	l := ledger.New(db)
	return &System{
		linker.New(l, policy, keys), correction.New(l, policy, keys), erasure.New(l, keys), suppression.NewList(l, keys),
	}
}

// Open returns a system with a pool of its own, as another process would have.
func Open(t testing.TB, config mysql.Config, keys ...suppression.Key) *System {
	t.Helper()
	return New(openPool(t, config), cluster.Policy{}, keys...)
}

func openPool(t testing.TB, config mysql.Config) *sql.DB {
	t.Helper()
	pool, err := mysql.Open(config, 8)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pool.Close() }) //nolint:errcheck // of a test
	return pool
}

// OpenEraser is Open with ErasureKey.
func OpenEraser(t testing.TB, db *mysqltest.DB) *System {
	t.Helper()
	return Open(t, db.Config, suppression.Key(ErasureKey))
}

// OpenPatient is Open with longer waits for locks than a test takes.
func OpenPatient(t testing.TB, db *mysqltest.DB, keys ...suppression.Key) *System {
	t.Helper()
	return Open(t, With(t, db, map[string]string{"innodb_lock_wait_timeout": "30"}), keys...)
}

// With returns the configuration of a database with other parameters in its address.
func With(t testing.TB, db *mysqltest.DB, values map[string]string) mysql.Config {
	t.Helper()
	place, err := url.Parse(db.Config.URL())
	if err != nil {
		t.Fatal(err)
	}
	params := place.Query()
	for name, value := range values {
		params.Set(name, value)
	}
	place.RawQuery = params.Encode()
	config, err := mysql.ParseURL(place.String())
	if err != nil {
		t.Fatal(err)
	}
	return config
}

// OpenLanes returns lanes with a pool of their own.
func OpenLanes(t testing.TB, config mysql.Config) *lanes.Lanes {
	t.Helper()
	l := lanes.New(linker.New(ledger.New(openPool(t, config)), cluster.Policy{}, nil), slog.New(slog.DiscardHandler))
	t.Cleanup(l.Stop)
	return l
}

// Seeded returns a database that holds thousands of customers, and a system on it.
func Seeded(t testing.TB) (*mysqltest.DB, *System) {
	t.Helper()
	db := mysqltest.NewDB(t)
	l := Open(t, db.Config)
	Seed(t, l, SeedSize)
	return db, l
}
