package statistics

import (
	"context"
	"database/sql"
	"log/slog"
	"time"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

const (
	flushEvery = 10 * time.Second
	flushLimit = 5 * time.Second // for one flush; a stop waits no longer for the last one
	trimEvery  = time.Hour
	trimChunk  = 100 // minutes that one statement deletes
	attempts   = 10
)

// Counter counts the outcomes of one process and adds them to those of all processes, in the database. It is
// safe for concurrent use.
type Counter struct {
	db     *sql.DB
	log    *slog.Logger
	counts tally
}

// NewCounter returns a counter for a migrated database. Nothing is written before Start.
func NewCounter(db *sql.DB, log *slog.Logger) *Counter { return &Counter{db: db, log: log} }

// Linked is the hook for package linker.
func (c *Counter) Linked(counts cluster.Counts, answers []identity.Cluster) {
	c.counts.add(OutcomesOf(counts, answers))
}

// Known is the hook for package lanes.
func (c *Counter) Known(answer identity.Cluster) {
	c.Linked(cluster.Counts{}, []identity.Cluster{answer})
}

// Start writes what was counted every ten seconds, if there is anything, and deletes what is more than a day
// old, until stop is called. stop writes the rest, within five seconds.
func (c *Counter) Start() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.run(ctx)
	}()
	return func() {
		cancel()
		<-done
		c.report(context.Background(), c.Flush)
	}
}

func (c *Counter) run(ctx context.Context) {
	flush, trim := time.NewTicker(flushEvery), time.NewTicker(trimEvery)
	defer flush.Stop()
	defer trim.Stop()
	c.report(ctx, c.Trim)
	for {
		select {
		case <-flush.C:
			c.report(ctx, c.Flush)
		case <-trim.C:
			c.report(ctx, c.Trim)
		case <-ctx.Done():
			return
		}
	}
}

// report logs a failure. It does not matter to requests, and is tried again.
func (c *Counter) report(ctx context.Context, do func(context.Context) error) {
	limited, cancel := context.WithTimeout(ctx, flushLimit)
	defer cancel()
	if err := do(limited); err != nil && ctx.Err() == nil {
		c.log.WarnContext(ctx, "cannot keep statistics", "error", err)
	}
}

// Flush adds what was counted to the current minute. Counts that were not written are kept for the next time.
// If it is not known whether they were written, because the answer of the COMMIT was lost, they are dropped:
// it may be counted too little, and never twice. The error is an *identity.Error.
func (c *Counter) Flush(ctx context.Context) error {
	counted := c.counts.take()
	if counted.IsZero() {
		return nil
	}
	committing := false
	err := mysql.Retry(ctx, attempts, func() error {
		committing = false
		return mysql.InTx(ctx, c.db, func(tx *sql.Tx) error {
			err := store.New(tx).AddOutcomes(ctx, rowOf(counted))
			committing = err == nil
			return err
		})
	})
	if err != nil && !committing {
		c.counts.add(counted)
	}
	return mysql.Translate(err)
}

func rowOf(o Outcomes) store.AddOutcomesParams {
	unsigned := func(n int) uint64 { return uint64(max(0, n)) }
	return store.AddOutcomesParams{
		Known: unsigned(o.Known), Created: unsigned(o.Created), Linked: unsigned(o.Linked), Merged: unsigned(o.Merged),
		Refused: unsigned(o.Refused),
	}
}

// Trim deletes the minutes that are more than a day old, some at a time. Any number of processes may do it at
// once. The error is an *identity.Error.
func (c *Counter) Trim(ctx context.Context) error {
	for {
		var deleted int64
		err := mysql.Retry(ctx, attempts, func() (err error) {
			deleted, err = store.New(c.db).DeleteOldOutcomes(ctx, trimChunk)
			return err
		})
		if err != nil || deleted < trimChunk {
			return mysql.Translate(err)
		}
	}
}
