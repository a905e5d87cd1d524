// Package lanes links concurrent requests together: requests that arrive while a group is in progress are
// the next group. It has no SQL; package linker reads and writes.
package lanes

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker"
	"github.com/identikit/identikit/internal/mysql"
)

const (
	// maxWaiting is the largest number of requests in progress; further ones are CodeOverloaded.
	maxWaiting = 4096
	// groupAttempts bounds how often a group is tried as a group. After that its requests are linked one
	// by one, so that one contended value does not delay the others.
	groupAttempts = 2
	// maxSingles bounds how many requests of failed groups are linked one by one at the same time.
	maxSingles = 2
	// stopTime is how long Stop waits for groups before it cancels them. By then their callers have
	// usually left.
	stopTime = time.Second
)

// Connections is the number of connections that Lanes use at most at a time: those of the lanes,
// of the lanes that replace slow ones, of single requests, and of those that wait for a lock.
const Connections = 2*(maxLanes+maxSlow) + maxSingles + maxStuck

// Lanes links concurrent requests together. A read lane answers what is known from one multi-row
// read; the rest goes to a write lane, one transaction a group. A group never waits for a cluster
// that another transaction has locked: the requests about it leave the group and wait outside the lanes.
// Lanes use at most Connections, whatever the number of callers. It is safe for concurrent use;
// several Lanes, also of other processes, work on one database as Linkers do.
type Lanes struct {
	linker        *linker.Linker
	batches       *linker.Linker // for several observations at once
	log           *slog.Logger
	ctx           context.Context //nolint:containedctx // of the groups; Stop ends it
	cancel        context.CancelFunc
	reads, writes queue
	stuck         stuck
	singles       chan struct{}
	background    sync.WaitGroup // goroutines outside the lanes
	waiting       atomic.Int64
	mostlyNew     atomic.Bool            // most requests of the last group had to be written
	known         func(identity.Cluster) // see Hooks; nil for none
}

// New returns the lanes of a linker. The log receives panics, with their stacks. Stop ends the
// lanes.
func New(l *linker.Linker, log *slog.Logger) *Lanes {
	lanes := &Lanes{linker: l, batches: l, log: log, singles: make(chan struct{}, maxSingles)}
	lanes.ctx, lanes.cancel = context.WithCancel(context.Background())
	lanes.reads.ctx, lanes.writes.ctx = lanes.ctx, lanes.ctx
	lanes.reads.name, lanes.writes.name = "read group", "write group"
	lanes.stuck.waiting = map[uint64][]*request{}
	lanes.reads.handle, lanes.writes.handle = lanes.guard(lanes.read), lanes.guard(lanes.write)
	return lanes
}

// WithBatches makes Link hand several observations to another linker, such as one with connections of
// its own. It must be called before Link.
func (l *Lanes) WithBatches(batches *linker.Linker) *Lanes {
	l.batches = batches
	return l
}

// Stop waits for the groups in progress, and cancels those that take longer than a second. Calls of
// Link that are still waiting, and later ones, return when their contexts end. Requests that are
// linked one by one continue until their contexts end.
func (l *Lanes) Stop() {
	late := time.AfterFunc(stopTime, l.cancel)
	defer l.cancel()
	defer late.Stop()
	l.reads.stop()
	l.writes.stop()
	l.background.Wait()
}

// Link is Linker.Link. A single observation is linked together with those of other callers; the
// answer is its cluster as it was right after it or later, never before. Several observations are a
// group already and are linked on their own. When too many requests are in progress, Link returns
// CodeOverloaded at once.
func (l *Lanes) Link(ctx context.Context, observations []identity.Observation) ([]identity.Cluster, error) {
	if len(observations) != 1 {
		return l.batches.Link(ctx, observations)
	}
	defer l.waiting.Add(-1)
	if l.waiting.Add(1) > maxWaiting {
		return nil, identity.Errorf(identity.CodeOverloaded, "Too many requests are waiting. Nothing was done; send the request again.")
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
