// Package replica runs reads on replicas of the database, as far as these are recent enough, and on the
// primary otherwise.
//
// A process that reads from replicas writes a heartbeat to the primary twice a second, in a row of its own,
// and looks for it on each replica. Replicas commit in the order of the primary: one that has a heartbeat
// has all that was committed before the process sent it. So the age of what a replica shows is known
// without comparing clocks, and the number of the next heartbeat is a position in that order.
package replica

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysql"
)

// every is the pause between two heartbeats.
const every = 500 * time.Millisecond

// Options are the replicas of a database.
type Options struct {
	Servers mysql.Config  // the hosts are the replicas
	Conns   int           // the most connections to each for reads; one more looks for heartbeats
	MaxLag  time.Duration // a replica that is further behind is not used
	Logger  *slog.Logger
}

// Router runs reads. It is safe for concurrent use.
type Router struct {
	primary  *sql.DB
	beats    *beats
	replicas []*server
	maxLag   time.Duration
	turn     atomic.Uint64 // whose turn it is
	reads    atomic.Uint64 // that ran on the primary

	stop    context.CancelFunc
	running sync.WaitGroup
}

// Only returns a Router that runs all reads on one database. It need not be closed.
func Only(primary *sql.DB) *Router { return &Router{primary: primary} }

// Start returns a Router for a primary, given by its config and the pool for reads, and its replicas. It
// does not wait for them: reads go to the primary until a replica is known to be recent. The caller must
// close it.
func Start(primary mysql.Config, reads *sql.DB, o Options) (*Router, error) {
	ctx, stop := context.WithCancel(context.Background())
	r := &Router{primary: reads, maxLag: o.MaxLag, stop: stop}
	db, err := mysql.Open(primary, 1)
	if err != nil {
		stop()
		return nil, err
	}
	r.beats = newBeats(db, o.MaxLag)
	for _, c := range o.Servers.Each() {
		s, err := open(c, o.Conns, o.Logger)
		if err != nil {
			r.Close()
			return nil, err
		}
		r.replicas = append(r.replicas, s)
	}
	r.running.Go(func() { repeat(ctx, r.beats.send) })
	for _, s := range r.replicas {
		r.running.Go(func() { repeat(ctx, func(ctx context.Context) { s.look(ctx, r.beats, r.maxLag) }) })
	}
	return r, nil
}

// repeat calls do until ctx ends.
func repeat(ctx context.Context, do func(context.Context)) {
	ticks := time.NewTicker(every)
	defer ticks.Stop()
	for {
		do(ctx)
		select {
		case <-ticks.C:
		case <-ctx.Done():
			return
		}
	}
}

// Empty reports whether there are no replicas.
func (r *Router) Empty() bool { return r == nil || len(r.replicas) == 0 }

// Close ends the heartbeats and closes the connections to the replicas. Reads must have ended.
func (r *Router) Close() {
	if r.stop == nil {
		return
	}
	r.stop()
	r.running.Wait()
	r.beats.end()
	for _, s := range r.replicas {
		s.close()
	}
}

// Read calls read with a replica whose lag is at most the limit, and which has what the position of ctx asks
// for; if that fails, with the next one. If none is left, or ctx does not allow replicas (see With), or a
// replica does not have what is asked for, it calls read with the primary, again when the server is lost. read
// must start afresh each time. The context that it is given ends when the replica does not answer any more.
func (r *Router) Read(ctx context.Context, read func(context.Context, *sql.DB) error) error {
	if r.Try(ctx, read) {
		return nil
	}
	r.reads.Add(1)
	return mysql.Retry(ctx, 1, func() error { return read(ctx, r.primary) })
}

// Try is Read without the primary. It reports whether read succeeded.
func (r *Router) Try(ctx context.Context, read func(context.Context, *sql.DB) error) bool {
	for _, s := range r.suitable(ctx) {
		err := s.read(ctx, read)
		if err == nil {
			return true
		}
		if lacks(err) || ctx.Err() != nil {
			return false
		}
	}
	return false
}

// lacks reports whether a replica answered that it does not have what was asked for, or that the request is wrong.
func lacks(err error) bool {
	code := identity.CodeOf(err)
	return code != "" && !code.IsFailure() || errors.Is(err, sql.ErrNoRows)
}

// suitable returns the replicas that may be read from, the next one first.
func (r *Router) suitable(ctx context.Context) []*server {
	at, allowed := from(ctx)
	if !allowed || r.Empty() {
		return nil
	}
	var all []*server
	first := int(r.turn.Add(1) % uint64(len(r.replicas))) //nolint:gosec // below the number of replicas
	for _, s := range slices.Concat(r.replicas[first:], r.replicas[:first]) {
		if s.has(at) && s.lag() <= r.maxLag {
			all = append(all, s)
		}
	}
	return all
}

// Position returns the position of all that has been committed and read so far, on any server. It is zero
// if there are no replicas.
func (r *Router) Position() Position {
	if r.beats == nil {
		return Position{}
	}
	return r.beats.next()
}

// Await returns the pool of a replica that has all that was committed before the call. If none has within the
// limit of the lag, or there are no replicas, it returns the primary's pool.
func (r *Router) Await(ctx context.Context) *sql.DB {
	if r.Empty() {
		return r.primary
	}
	ctx, cancel := context.WithTimeout(ctx, r.maxLag)
	defer cancel()
	for at := r.Position(); ; {
		if at.process == 0 { // no replica can have it before the first heartbeat
			at = r.Position()
		}
		if found := r.suitable(With(ctx, at)); len(found) > 0 {
			return found[0].pool
		}
		select {
		case <-ctx.Done():
			return r.primary
		case <-time.After(every / 10):
		}
	}
}
