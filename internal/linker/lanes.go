package linker

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

const (
	// maxWaiting is how many requests may be under way; one more is told to come back.
	maxWaiting = 4096
	// groupAttempts bounds how often a group tries again as a group. Who shares it with an observation
	// that is much contended is better off alone.
	groupAttempts = 2
	// maxSingles bounds how many of a failed group are linked one by one at the same time, so that
	// they leave the lanes their connections.
	maxSingles = 4
)

// Lanes links concurrent requests together. A read lane answers what is known from one multi-row
// read; the rest goes to a write lane, one transaction a group. The lanes hold at most two
// connections of each kind, whatever the number of callers. It is safe for concurrent use; several
// Lanes, also of other processes, work on one database as Linkers do.
type Lanes struct {
	linker        *Linker
	log           *slog.Logger
	reads, writes queue
	singles       chan struct{}
	alone         sync.WaitGroup
	waiting       atomic.Int64
}

// NewLanes returns the lanes of a linker. The log receives panics, with their stacks. Stop ends the
// lanes.
func NewLanes(l *Linker, log *slog.Logger) *Lanes {
	lanes := &Lanes{linker: l, log: log, singles: make(chan struct{}, maxSingles)}
	lanes.reads.handle, lanes.writes.handle = lanes.guard(lanes.read), lanes.guard(lanes.write)
	return lanes
}

// Stop ends the lanes after the groups under way. Who is still in Link, or calls it later, gets
// nothing but the end of its context.
func (l *Lanes) Stop() {
	l.reads.stop()
	l.writes.stop()
	l.alone.Wait()
}

// Link is Linker.Link. One observation is linked together with those of other callers: the answer
// is its cluster as it stood right after it or later, never older. Several observations are a
// group already and go their own way. A full queue is CodeUnavailable at once.
func (l *Lanes) Link(ctx context.Context, observations []identity.Observation) ([]identity.Cluster, error) {
	if len(observations) != 1 {
		return l.linker.Link(ctx, observations)
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

// groupContext lasts as long as the last caller waits. That one caller leaves ends nothing: the
// others share its transaction.
func groupContext(group []*request) (context.Context, context.CancelFunc) {
	var last time.Time
	for _, r := range group {
		deadline, ok := r.ctx.Deadline()
		if !ok {
			return context.WithCancel(context.Background())
		}
		if deadline.After(last) {
			last = deadline
		}
	}
	return context.WithDeadline(context.Background(), last)
}

// read answers what is known and passes the rest on.
func (l *Lanes) read(ctx context.Context, group []*request) {
	var g *graph
	err := mysql.Retry(ctx, groupAttempts, func() (err error) {
		g, err = readGraph(ctx, store.New(l.linker.db), observationsOf(group))
		return err
	})
	if err != nil {
		l.split(group, err)
		return
	}
	var rest []*request
	for _, r := range group {
		if known, ok := g.known(r.observation); ok {
			r.finish(known.render(), nil)
			continue
		}
		r.seen = g.seen(r.observation)
		rest = append(rest, r)
	}
	l.writes.add(rest...)
}

// write links a group in one transaction. Its first attempt trusts what the read lane saw and
// goes for the locks at once: a value that was new then and is not any more fails the insert.
func (l *Lanes) write(ctx context.Context, group []*request) {
	observations := observationsOf(group)
	var seen []match
	for _, r := range group {
		seen = append(seen, r.seen...)
	}
	p, err := l.linker.commit(ctx, seen, observations)
	if mysql.IsRetryable(err) && !mysql.IsLockWaitTimeout(err) { // what is stuck holds up no more groups
		err = mysql.Retry(ctx, groupAttempts, func() (err error) {
			p, err = l.linker.attempt(ctx, observations)
			return err
		})
	}
	if err != nil {
		l.split(group, err)
		return
	}
	for i, cluster := range p.answers() {
		group[i].finish(cluster, nil)
	}
}

// split is the end of a group that failed. Where the database is away all are told so; else each
// is linked on its own, beside the lanes, so that one bad observation fails alone.
func (l *Lanes) split(group []*request, cause error) {
	if err := mysql.Translate(cause); identity.CodeOf(err) == identity.CodeUnavailable && !mysql.IsRetryable(cause) {
		for _, r := range group {
			r.finish(identity.Cluster{}, err)
		}
		return
	}
	for _, r := range group {
		l.alone.Go(func() {
			defer l.recover([]*request{r})
			l.singles <- struct{}{}
			defer func() { <-l.singles }()
			clusters, err := l.linker.Link(r.ctx, []identity.Observation{r.observation})
			if err != nil {
				r.finish(identity.Cluster{}, err)
				return
			}
			r.finish(clusters[0], nil)
		})
	}
}
