package statistics_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/mysqltest"
	"github.com/identikit/identikit/internal/statistics"
)

// Fails when processes that count at the same time lose something of each other, or count it twice.
func TestCountersOfSeveralProcesses(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	const processes, rounds = 4, 50
	var running sync.WaitGroup
	for range processes {
		running.Go(func() {
			c := newCounter(db.Pool)
			for range rounds {
				c.Linked(created(1), answers(1))
				c.Known(identity.Cluster{PrimaryID: 1})
				c.Linked(cluster.Counts{Linked: 2, Merged: 1}, answers(4))
				c.Known(identity.Cluster{Refused: []identity.Refusal{{}}})
				if err := c.Flush(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	running.Wait()
	const n = processes * rounds
	want := statistics.Outcomes{Known: 2 * n, Created: n, Linked: 2 * n, Merged: n, Refused: n}
	if diff := cmp.Diff(want, total(t, db.Pool)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if n := linkertest.One[int](t, db.Pool, "SELECT COUNT(*) FROM outcome_minutes"); n > 10 {
		t.Errorf("there are %d rows", n)
	}
}

// Fails when what is counted while a write is going on is lost.
func TestCountWhileFlushing(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	c := newCounter(db.Pool)
	const n = 20_000
	var counting sync.WaitGroup
	counting.Go(func() {
		for range n {
			c.Known(identity.Cluster{PrimaryID: 1})
		}
	})
	done := make(chan struct{})
	go func() { counting.Wait(); close(done) }()
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		if err := c.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := total(t, db.Pool); got.Known != n {
		t.Errorf("%d are counted, want %d", got.Known, n)
	}
}

// Fails when counts are lost because the database did not take them, when a write waits for longer than it
// may, or when a process without requests writes.
func TestCountsAreKeptUntilTheyAreWritten(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	c := newCounter(db.Pool)
	c.Linked(created(3), answers(3))
	exec(t, db.Pool, "RENAME TABLE outcome_minutes TO away")
	if err := c.Flush(t.Context()); err == nil {
		t.Fatal("there is no table")
	}
	exec(t, db.Pool, "RENAME TABLE away TO outcome_minutes")
	c.Linked(created(1), answers(1))

	tx := linkertest.Begin(t, db.Pool) // holds the rows of this minute and the next ones
	linkertest.Exec(t, tx, `INSERT INTO outcome_minutes (minute, known, created, linked, merged, refused)
		SELECT CURRENT_TIMESTAMP - INTERVAL SECOND(CURRENT_TIMESTAMP) SECOND + INTERVAL n MINUTE, 0, 0, 0, 0, 0
		FROM (SELECT 0 AS n UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3) AS some`)
	limited, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if err := c.Flush(limited); err == nil {
		t.Fatal("the row is locked")
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second one has nothing to write
		if err := c.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got, want := total(t, db.Pool), (statistics.Outcomes{Created: 4}); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
}

// Fails when counts are written twice because the answer of their COMMIT was lost.
func TestUnknownOutcomeIsNotCountedTwice(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	line, config := newLine(t, db)
	pool, err := mysql.Open(config, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	c := newCounter(pool)
	c.Linked(created(5), answers(5))
	line.cut.Store(true)
	if err := c.Flush(t.Context()); err == nil {
		t.Fatal("the answer of the COMMIT was lost")
	}
	for range 2 {
		if err := c.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := total(t, db.Pool), (statistics.Outcomes{Created: 5}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// Fails when the counts of the last seconds are lost at a stop.
func TestStopWritesTheRest(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	c := newCounter(db.Pool)
	stop := c.Start()
	c.Linked(created(2), answers(2))
	stop()
	if got := total(t, db.Pool); got.Created != 2 {
		t.Errorf("got %+v", got)
	}
}

// Fails when minutes are kept for longer than a day, or deleted earlier.
func TestTrim(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	for hours, count := range map[int]int{25: 250, 1: 20} {
		for i := range count {
			tx := linkertest.Begin(t, db.Pool)
			linkertest.Exec(t, tx, `INSERT INTO outcome_minutes (minute, known, created, linked, merged, refused)
				VALUES (CURRENT_TIMESTAMP - INTERVAL ? HOUR - INTERVAL ? MINUTE, 1, 0, 0, 0, 0)`, hours, i)
			if err := tx.Commit(); err != nil {
				t.Fatal(err)
			}
		}
	}
	for range 2 {
		if err := newCounter(db.Pool).Trim(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := linkertest.One[int](t, db.Pool, "SELECT COUNT(*) FROM outcome_minutes"); n != 20 {
		t.Errorf("%d minutes are left, want 20", n)
	}
}

// Fails when counting a request needs memory.
func TestCountingDoesNotAllocate(t *testing.T) { //nolint:paralleltest // AllocsPerRun counts those of all goroutines
	db := mysqltest.NewDB(t)
	c := newCounter(db.Pool)
	known, group := identity.Cluster{PrimaryID: 1}, answers(3)
	if n := testing.AllocsPerRun(1000, func() { c.Known(known); c.Linked(created(1), group) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
