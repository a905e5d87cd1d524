package metrics_test

import (
	"testing"

	"github.com/identikit/identikit/internal/mysqltest"
	"github.com/identikit/identikit/internal/store"
)

// explain fails when a statement of the status does not use its index.
func explain(t *testing.T, db *mysqltest.DB) {
	t.Helper()
	e := mysqltest.NewExplainer(t, db.Pool)
	q := store.New(e)
	e.Run("CountOpenRefusals", func() error { _, err := q.CountOpenRefusals(t.Context(), 10_000); return err }, "refusals_closed_at")
	e.Run("FindUnnumbered", func() error { _, err := q.FindUnnumbered(t.Context(), 10_000); return err }, "change_sets_last_number")
}
