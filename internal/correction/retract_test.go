package correction_test

import (
	"context"
	"testing"

	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/mysqltest"
	"github.com/identikit/identikit/internal/snapshot"
)

// Fails when a request that is cut off while it waits for the row of a retraction leaves an observation that is
// retracted without a row, or a row without a retracted observation.
func TestRetractionIsAllOrNothing(t *testing.T) { //nolint:paralleltest // see WaitBlocked
	retract := func(ctx context.Context, l *linkertest.System) error {
		_, err := l.Retract(ctx, 1, "a test", false)
		return err
	}
	restore := func(ctx context.Context, l *linkertest.System) error {
		_, err := l.Restore(ctx, 1, false)
		return err
	}
	erase := func(ctx context.Context, l *linkertest.System) error {
		_, err := l.Erase(ctx, 1, false, false)
		return err
	}
	const lock, insert = "SELECT id FROM retractions FOR UPDATE", "INSERT INTO retractions (observation_id, reason) VALUES (1, 'another')"
	for name, c := range map[string]struct {
		retracted bool
		holder    string
		do        func(context.Context, *linkertest.System) error
	}{
		"retract":       {false, insert, retract},
		"retract again": {true, lock, retract},
		"restore":       {true, lock, restore},
		"erase":         {true, lock, erase},
	} {
		t.Run(name, func(t *testing.T) {
			db := mysqltest.NewDB(t)
			l := linkertest.OpenPatient(t, db)
			linkertest.LinkOne(t, l, linkertest.Saw("one@example.com", "4155550101"))
			if c.retracted {
				if _, err := l.Retract(t.Context(), 1, "first", false); err != nil {
					t.Fatal(err)
				}
			}
			other := linkertest.Begin(t, db.Pool)
			linkertest.Exec(t, other, c.holder)
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- c.do(ctx, l) }()
			linkertest.WaitBlocked(t, other, db.Pool)
			cancel()
			if err := <-done; err == nil {
				t.Error("it was carried out")
			}
			if err := other.Rollback(); err != nil {
				t.Fatal(err)
			}
			checkRetracted(t, db, c.retracted, "first")
			if err := c.do(t.Context(), l); err != nil {
				t.Error(err)
			}
			checkRetracted(t, db, name != "restore" && name != "erase", "a test")
		})
	}
}

// checkRetracted fails unless the only observation is retracted for the reason or, if it should not be, nothing
// is.
func checkRetracted(t *testing.T, db *mysqltest.DB, want bool, reason string) {
	t.Helper()
	if found, err := snapshot.Verify(t.Context(), db.Pool, func(d snapshot.Drift) { t.Error(d) }); err != nil || found.Contacts == 0 {
		t.Errorf("verify: %+v, %v", found, err)
	}
	got := linkertest.One[string](t, db.Pool, "SELECT COALESCE(GROUP_CONCAT(reason), 'none') FROM retractions")
	if !want {
		reason = "none"
	}
	if got != reason {
		t.Errorf("the retractions have the reason %q, want %q", got, reason)
	}
}
