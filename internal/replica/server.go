package replica

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

// errSilent is the cause of a read that was given up because its replica does not answer.
var errSilent = errors.New("the replica does not answer")

// server is one replica.
type server struct {
	address     string
	pool, watch *sql.DB // for reads and for heartbeats
	log         *slog.Logger
	used        bool // as far as the log says; for look only
	reads       atomic.Uint64

	mu     sync.Mutex
	seen   map[uint64]uint64 // the last heartbeat of each process; nil while it does not answer
	asOf   time.Time         // when the last one of this process was sent; zero if it is not known
	silent chan struct{}     // closed when it does not answer any more
}

func open(c mysql.Config, conns int, log *slog.Logger) (*server, error) {
	pool, err := mysql.Open(c, conns)
	if err != nil {
		return nil, err
	}
	watch, err := mysql.Open(c, 1)
	if err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	return &server{address: c.Addresses(), pool: pool, watch: watch, log: log, silent: make(chan struct{})}, nil
}

func (s *server) close() {
	s.pool.Close()  //nolint:errcheck // it fails if the server has gone away
	s.watch.Close() //nolint:errcheck // likewise
}

// look finds out how recent the replica is. One that does not answer loses its reads.
func (s *server) look(ctx context.Context, b *beats, maxLag time.Duration) {
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	found, err := store.New(s.watch).ListHeartbeats(limited)
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		s.leave()
	} else {
		s.note(found, b)
	}
	lag := s.lag()
	used := lag <= maxLag
	switch {
	case used == s.used:
	case used:
		s.log.Info("reading from a replica", "replica", s.address)
	case err != nil:
		s.log.Warn("not reading from a replica: it does not answer", "replica", s.address, "error", mysql.Translate(err))
	default:
		s.log.Warn("not reading from a replica: it is too far behind", "replica", s.address, "lag_seconds", lag.Seconds())
	}
	s.used = used
}

// note takes note of the heartbeats that the replica has.
func (s *server) note(found []store.ListHeartbeatsRow, b *beats) {
	seen := make(map[uint64]uint64, len(found))
	for _, r := range found {
		seen[r.ID] = r.Beat
	}
	own := b.next().process
	asOf := b.sentAt(seen[own])
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen, s.asOf = seen, asOf
}

// leave ends the reads that are running.
func (s *server) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen != nil {
		close(s.silent)
		s.silent = make(chan struct{})
	}
	s.seen, s.asOf = nil, time.Time{}
}

// has reports whether the replica has what is at the position.
func (s *server) has(at Position) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return at.IsZero() || s.seen[at.process] >= at.beat
}

// lag returns how long ago the replica may have been left behind, at most. It grows until the next look.
func (s *server) lag() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asOf.IsZero() {
		return math.MaxInt64
	}
	return time.Since(s.asOf)
}

// read runs a read until the replica does not answer any more.
func (s *server) read(ctx context.Context, read func(context.Context, *sql.DB) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	s.reads.Add(1)
	s.mu.Lock()
	silent := s.silent
	s.mu.Unlock()
	go func() {
		select {
		case <-silent:
			cancel(errSilent)
		case <-ctx.Done():
		}
	}()
	return read(ctx, s.pool)
}
