package lanes_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/mysqltest"
)

// Fails when the lanes break a rule, or when a group of one differs from none.
func TestLanesConform(t *testing.T) {
	t.Parallel()
	linkertest.Run(t, linkertest.Dense(), func(t *testing.T) linkertest.Subject {
		db := mysqltest.NewDB(t)
		return linkertest.Subject{
			Linker: linkertest.OpenLanes(t, db.Config),
			Rows:   func() []linkertest.Row { return linkertest.Rows(t, db.Pool, 1) },
		}
	})
}

// Fails when many callers need many connections, or when anyone of them gets another's answer.
func TestThousandCallersOnEightConnections(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	lanes := linkertest.OpenLanes(t, db.Config)
	var callers sync.WaitGroup
	for i := range 1000 {
		callers.Go(func() {
			for _, o := range []identity.Observation{linkertest.Numbered(1, 1+i, 1+i), linkertest.Numbered(1, 1+i, 0)} {
				clusters, err := lanes.Link(t.Context(), []identity.Observation{o})
				if err != nil {
					t.Errorf("caller %d: %v", i, err)
					return
				}
				if got := clusters[0].Emails; len(got) != 1 || got[0] != o.Email {
					t.Errorf("caller %d asked for %s, got %v", i, o.Email, got)
				}
			}
		})
	}
	callers.Wait()
	if stored := linkertest.Rows(t, db.Pool, 1); len(stored) != 1000 {
		t.Errorf("%d contacts, want 1000", len(stored))
	}
}

// Fails when one observation that the database refuses fails those that came with it.
func TestBadObservationFailsAlone(t *testing.T) {
	t.Parallel()
	db, l := linkertest.Seeded(t)
	lanes := linkertest.OpenLanes(t, db.Config)
	release := holdLanes(t, db, lanes)
	bad := linkertest.Saw(strings.Repeat("x", 300)+"@example.com", "")
	var runs []*linkertest.Linking
	for i := range 20 {
		o := linkertest.Numbered(1, 1+i, 1+i)
		if i == 10 {
			o = bad
		}
		runs = append(runs, linkertest.StartLink(t.Context(), lanes, o))
	}
	release()
	for i, run := range runs {
		<-run.Done
		if (run.Err != nil) != (i == 10) {
			t.Errorf("observation %d: error %v", i, run.Err)
		}
	}
	if _, err := l.Link(t.Context(), []identity.Observation{bad}); identity.CodeOf(err) != identity.CodeInternal {
		t.Errorf("the bad observation alone: %v; this test tests nothing", err)
	}
}

// Fails when a cluster that somebody keeps locked holds up everybody else's.
func TestStuckClusterHoldsUpOnlyItsOwn(t *testing.T) {
	t.Parallel()
	db, _ := linkertest.Seeded(t)
	lanes := linkertest.OpenLanes(t, db.Config)
	release := holdLanes(t, db, lanes)
	for i := range 50 {
		linkertest.StartLink(t.Context(), lanes, linkertest.Numbered(1, 1+i, 1+i)).Wait(t)
	}
	release()
}

// Fails when a caller that leaves takes others along, or waits longer than its deadline.
func TestCallerThatLeavesLosesOnlyItsAnswer(t *testing.T) {
	t.Parallel()
	db, _ := linkertest.Seeded(t)
	lanes := linkertest.OpenLanes(t, db.Config)
	release := holdLanes(t, db, lanes)
	ctx, cancel := context.WithCancel(t.Context())
	left := linkertest.StartLink(ctx, lanes, linkertest.Numbered(1, 1, 1))
	stays := linkertest.StartLink(t.Context(), lanes, linkertest.Numbered(1, 2, 2))
	cancel()
	<-left.Done
	if !errors.Is(left.Err, context.Canceled) {
		t.Errorf("who left got %v", left.Err)
	}
	release()
	stays.Wait(t)
}

// holdLanes makes the write lane wait for locks, so that what comes next waits in the queue, until
// release.
func holdLanes(t *testing.T, db *mysqltest.DB, lanes linkertest.Linker) (release func()) {
	t.Helper()
	locks := linkertest.Begin(t, db.Pool)
	linkertest.Exec(t, locks, "SELECT id FROM contacts WHERE id IN (1, 2) ORDER BY id FOR UPDATE")
	var held []*linkertest.Linking
	for i := range 2 {
		held = append(held, linkertest.StartLink(t.Context(), lanes, linkertest.Saw(fmt.Sprintf("held%d@example.com", i), fmt.Sprintf("99%08d", i))))
		time.Sleep(100 * time.Millisecond) // a group each
	}
	return func() {
		if err := locks.Rollback(); err != nil {
			t.Error(err)
		}
		for _, run := range held {
			run.Wait(t)
		}
	}
}
