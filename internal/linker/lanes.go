package linker

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysql"
)

const (
	// maxWaiting is how many requests may be under way; one more is told to come back.
	maxWaiting = 4096
	// groupAttempts bounds how often a group tries again as a group. Requests that share it with one
	// about a contended value are better off alone.
	groupAttempts = 2
	// maxSingles bounds how many requests of failed groups are linked one by one at the same time.
	maxSingles = 2
	// stopTime is how long Stop lets groups go on. Who waited for them is gone, as a rule.
	stopTime = time.Second
)

// LaneConnections is the number of connections that Lanes use at most at a time: those of the lanes,
// of the lanes that replace slow ones, of single requests, and of those that wait for a lock.
const LaneConnections = 2*(maxLanes+maxSlow) + maxSingles + maxStuck

// Lanes links concurrent requests together. A read lane answers what is known from one multi-row
// read; the rest goes to a write lane, one transaction a group. A group never waits for a cluster
// that somebody else has locked: the requests about it leave the group and wait beside the lanes.
// Lanes use at most LaneConnections, whatever the number of callers. It is safe for concurrent use;
// several Lanes, also of other processes, work on one database as Linkers do.
type Lanes struct {
	linker        *Linker
	batches       *Linker // for several observations at once
	log           *slog.Logger
	ctx           context.Context //nolint:containedctx // of the groups; Stop ends it
	cancel        context.CancelFunc
	reads, writes queue
	stuck         stuck
	singles       chan struct{}
	alone         sync.WaitGroup // goroutines beside the lanes
	waiting       atomic.Int64
}

// NewLanes returns the lanes of a linker. The log receives panics, with their stacks. Stop ends the
// lanes.
func NewLanes(l *Linker, log *slog.Logger) *Lanes {
	lanes := &Lanes{linker: l, batches: l, log: log, singles: make(chan struct{}, maxSingles)}
	lanes.ctx, lanes.cancel = context.WithCancel(context.Background())
	lanes.reads.ctx, lanes.writes.ctx = lanes.ctx, lanes.ctx
	lanes.stuck.waiting = map[uint64][]*request{}
	lanes.reads.handle, lanes.writes.handle = lanes.guard(lanes.read), lanes.guard(lanes.write)
	return lanes
}

// WithBatches makes Link hand several observations to another linker, such as one with connections of
// its own. It must be called before Link.
func (l *Lanes) WithBatches(batches *Linker) *Lanes {
	l.batches = batches
	return l
}

// Stop ends the lanes after the groups under way, or cancels those that take longer than a second. Who
// is still in Link, or calls it later, gets nothing but the end of its context. Requests that are
// linked one by one go on until the end of their contexts.
func (l *Lanes) Stop() {
	late := time.AfterFunc(stopTime, l.cancel)
	defer l.cancel()
	defer late.Stop()
	l.reads.stop()
	l.writes.stop()
	l.alone.Wait()
}

// Link is Linker.Link. One observation is linked together with those of other callers: the answer
// is its cluster as it stood right after it or later, never older. Several observations are a
// group already and go their own way. A full queue is CodeUnavailable at once.
func (l *Lanes) Link(ctx context.Context, observations []identity.Observation) ([]identity.Cluster, error) {
	if len(observations) != 1 {
		return l.batches.Link(ctx, observations)
	}
	defer l.waiting.Add(-1)
	if l.waiting.Add(1) > maxWaiting {
		return nil, &identity.Error{Code: identity.CodeUnavailable, Detail: "Too many requests are waiting; try again."}
	}
	r := newRequest(ctx, observations[0])
	l.reads.do(r)
	select {
	case <-r.done:
		return []identity.Cluster{r.cluster}, r.err
	case <-ctx.Done():
		return nil, mysql.Translate(ctx.Err())
	}
}
