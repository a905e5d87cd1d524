package survey_test

import (
	"database/sql"
	"sync"
	"testing"
	"time"

	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/mysqltest"
)

// Fails when processes that are asked for a survey at the same time run more than one, or show different
// ones.
func TestOneSurveyAtATime(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t).Pool
	fill(t, db, []int{150, 100}, []int{120}, nil)
	_, release := hold(t, db)
	var log logged
	const processes = 6
	var mu sync.Mutex
	started := map[time.Time]int{}
	var asking sync.WaitGroup
	for range processes {
		s := process(t, db, &log)
		asking.Go(func() {
			for range 3 {
				state, err := s.Begin(t.Context())
				if err != nil || state.Running == nil {
					t.Errorf("%+v, %v", state, err)
					return
				}
				mu.Lock()
				started[state.Running.StartedAt]++
				mu.Unlock()
			}
		})
	}
	asking.Wait()
	if len(started) != 1 {
		t.Errorf("the surveys were started at %v", started)
	}
	release()
	wantBruteForce(t, db, wait(t, process(t, db, &log)))
	eventually(t, "the end is logged", func() bool { return log.count("finished a survey") > 0 })
	if n := log.count("finished a survey"); n != 1 {
		t.Errorf("%d surveys were finished, want 1", n)
	}
}

// Fails when the survey of a process that is gone is not begun again, or is begun again while it is alive; or
// when a process that comes back after that overwrites the result, or ends the survey of the other.
func TestTakeOver(t *testing.T) {
	t.Parallel()
	shared := mysqltest.NewDB(t)
	db := shared.Pool
	fill(t, db, []int{150, 100}, []int{120}, nil)
	own, err := mysql.Open(shared.Config, 1) // the connection of the first process
	if err != nil {
		t.Fatal(err)
	}
	var firstLog, secondLog logged
	first := process(t, own, &firstLog).WithLease(time.Hour, time.Minute)
	second := process(t, db, &secondLog).WithLease(time.Second, time.Minute)
	third := process(t, db, &secondLog).WithLease(time.Second, time.Minute)
	_, release := hold(t, db)
	begin(t, first)
	reached(t, second)
	second.Start()
	third.Start()
	own.Close() // it is silent from now on, and believes that it runs
	eventually(t, "another process takes over", func() bool { return secondLog.count("taking over") > 0 })
	release()
	wantBruteForce(t, db, wait(t, second))
	eventually(t, "it ends", func() bool { return secondLog.count("finished") > 0 })
	if n := secondLog.count("finished"); n != 1 || firstLog.count("finished") > 0 {
		t.Errorf("%d surveys were finished", n)
	}
}

// Fails when a process whose survey was taken over while it stood still changes how far the other is, or its
// result.
func TestStaleProcessChangesNothing(t *testing.T) {
	t.Parallel()
	for name, silent := range map[string]bool{"while it renews": false, "at the end": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := mysqltest.NewDB(t).Pool
			fill(t, db, []int{150, 100}, []int{120}, nil)
			var log logged
			stale := process(t, db, &log)
			if silent {
				stale.Silent()
			}
			_, release := hold(t, db)
			begin(t, stale)
			eventually(t, "it waits for observations", func() bool { return running(t, db, "FROM observations") > 0 })
			exec(t, db, "UPDATE survey SET claim = claim + 1, percent = 7") // as if another process had taken over
			release()
			eventually(t, "the stale one ends", func() bool { return log.count("another process has taken the survey over") > 0 })
			if state := read(t, stale); state.Running == nil || state.Running.Percent != 7 || state.Result != nil {
				t.Errorf("the survey of the other process was changed: %+v", state)
			}
		})
	}
}

// Fails when a stop waits for the survey, or when the next process does not begin it again before the lease
// ends.
func TestStopHandsOver(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t).Pool
	fill(t, db, []int{150, 100}, []int{120}, nil)
	var log logged
	first, second := process(t, db, &log).WithLease(time.Hour, time.Minute), process(t, db, &log).WithLease(time.Hour, time.Minute)
	_, release := hold(t, db)
	begin(t, first)
	reached(t, first)
	first.Stop()
	second.Start()
	eventually(t, "another process takes over", func() bool { return log.count("taking over") > 0 })
	release()
	wantBruteForce(t, db, wait(t, second))
}

// Fails when a survey does not go on after the database was away.
func TestDatabaseAway(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t).Pool
	fill(t, db, []int{150, 100}, []int{120}, nil)
	var log logged
	s := process(t, db, &log)
	exec(t, db, "RENAME TABLE observations TO away")
	begin(t, s)
	reached(t, s)
	exec(t, db, "RENAME TABLE away TO observations")
	wantBruteForce(t, db, wait(t, s))
}

// Fails when a survey that cannot be made goes on for ever, or keeps others from being started.
func TestSurveyGivesUp(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t).Pool
	fill(t, db, []int{150, 100}, []int{120}, nil)
	var log logged
	s := process(t, db, &log).WithLease(time.Minute, 50*time.Millisecond)
	exec(t, db, "RENAME TABLE observations TO away")
	begin(t, s)
	eventually(t, "it gives up", func() bool { return log.count("a survey failed") == 1 && read(t, s).Running == nil })
	exec(t, db, "RENAME TABLE away TO observations")
	begin(t, s)
	wantBruteForce(t, db, wait(t, s))
}

// Fails when two processes that look for a silent one at the same moment both take over.
func TestTakeOverOnce(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t).Pool
	fill(t, db, []int{150, 100}, []int{120}, nil)
	exec(t, db, `UPDATE survey SET running = TRUE, claim = 7, started_at = CURRENT_TIMESTAMP(6) - INTERVAL 1 DAY,
		renewed_at = CURRENT_TIMESTAMP(6) - INTERVAL 1 DAY`)
	var log logged
	tx := linkertest.Begin(t, db) // keeps the row, until all of them want it
	linkertest.Exec(t, tx, "SELECT id FROM survey WHERE id = 1 FOR UPDATE")
	var asking sync.WaitGroup
	for range 5 {
		s := process(t, db, &log)
		asking.Go(func() {
			if _, err := s.Begin(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	eventually(t, "they wait", func() bool { return running(t, db, "UPDATE survey") > 0 })
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	asking.Wait()
	wantBruteForce(t, db, wait(t, process(t, db, &log)))
	if n := log.count("taking over"); n != 1 {
		t.Errorf("%d processes took over", n)
	}
}

// running returns how many statements with a text are running.
func running(t *testing.T, db *sql.DB, text string) int {
	t.Helper()
	return linkertest.One[int](t, db, `SELECT COUNT(*) FROM information_schema.PROCESSLIST
		WHERE DB = DATABASE() AND INFO LIKE '%`+text+`%' AND INFO NOT LIKE '%PROCESSLIST%'`)
}
