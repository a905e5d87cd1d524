package statistics_test

import (
	"context"
	"database/sql"
	"log/slog"
	"testing"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysqltest"
	"github.com/identikit/identikit/internal/replica"
	"github.com/identikit/identikit/internal/statistics"
)

func TestMain(m *testing.M) { mysqltest.Main(m) }

func newCounter(db *sql.DB) *statistics.Counter {
	return statistics.NewCounter(db, slog.New(slog.DiscardHandler))
}

func read(t *testing.T, db *sql.DB) statistics.Statistics {
	t.Helper()
	s, err := statistics.NewReader(replica.Only(db)).Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// total returns the sum of the last hour.
func total(t *testing.T, db *sql.DB) (sum statistics.Outcomes) {
	t.Helper()
	for _, m := range read(t, db).Minutes {
		sum = sum.Plus(m.Outcomes)
	}
	return sum
}

func exec(t *testing.T, db *sql.DB, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if _, err := db.ExecContext(context.WithoutCancel(t.Context()), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// answers returns n answers without refusals.
func answers(n int) []identity.Cluster {
	all := make([]identity.Cluster, n)
	for i := range all {
		all[i].PrimaryID = 1
	}
	return all
}

// created are the counts of a plan whose n observations made clusters.
func created(n int) cluster.Counts { return cluster.Counts{Created: n} }
