package ledger_test

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"testing"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/ledger"
	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/mysqltest"
	"github.com/identikit/identikit/internal/store"
)

// engine is a transaction on a server that behaves like another one: texts are replaced in statements, and
// beforeInsert runs before contacts are inserted.
type engine struct {
	*sql.Tx
	replace      *strings.Replacer
	beforeInsert string
}

func newEngine(t *testing.T, db *sql.DB, beforeInsert string, replace ...string) *ledger.Tx {
	t.Helper()
	e := &engine{linkertest.Begin(t, db), strings.NewReplacer(replace...), beforeInsert}
	return &ledger.Tx{Reader: ledger.Reader{Queries: store.New(e)}}
}

func (e *engine) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if e.beforeInsert != "" && strings.Contains(query, "INSERT INTO contacts") {
		if _, err := e.Tx.ExecContext(ctx, e.beforeInsert); err != nil {
			return nil, err
		}
	}
	return e.Tx.ExecContext(ctx, e.replace.Replace(query), args...)
}

func (e *engine) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return e.Tx.QueryContext(ctx, e.replace.Replace(query), args...)
}

func (e *engine) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return e.Tx.QueryRowContext(ctx, e.replace.Replace(query), args...)
}

// Fails when the distance between ids changes right before contacts are inserted, as it does on a node of
// Galera that another one joins, and ids that were computed with the old distance are used: they may be
// those of other customers.
func TestDistanceBetweenIDsChanges(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before string
		want   error
	}{
		"it stays":   {"SET SESSION auto_increment_increment = 1", nil},
		"it changes": {"SET SESSION auto_increment_increment = 3", mysql.ErrRetry},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tx := newEngine(t, mysqltest.NewDB(t).Pool, c.before, "VERSION()", "'10.11-MariaDB'")
			plan := cluster.NewPlan(cluster.NewGraph(), cluster.Policy{}, []identity.Observation{
				linkertest.Saw("a@x.com", "1001"), linkertest.Saw("b@x.com", "1002"),
			})
			if err := tx.WritePlan(t.Context(), plan); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

// Fails when two transactions have the mutex of one cluster on TiDB, which accepts SKIP LOCKED and then locks
// nothing (github.com/pingcap/tidb/issues/69720).
func TestServerThatIgnoresSkipLocked(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	linkertest.LinkOne(t, linkertest.Open(t, db.Config), linkertest.Saw("a@x.com", "1001"))
	var locked [2]map[uint64]bool
	var errs [2]error
	for i := range locked {
		tx := newEngine(t, db.Pool, "", "FOR UPDATE SKIP LOCKED", "", "VERSION()", "'8.0.11-TiDB-v8.5.6'")
		locked[i], errs[i] = tx.LockFree(t.Context(), []uint64{1})
	}
	if errs[0] != nil || !locked[0][1] {
		t.Errorf("the first has locked %v, %v", locked[0], errs[0])
	}
	if locked[1][1] || !mysql.IsLockWaitTimeout(errs[1]) {
		t.Errorf("the second has locked %v, %v", locked[1], errs[1])
	}
}
