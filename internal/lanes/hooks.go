package lanes

import (
	"time"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysql"
)

// The names of the lanes.
const (
	Reads  = "read"
	Writes = "write"
)

// Hooks are called when something happens in the lanes, by several goroutines at a time. They must not block.
// One that is nil is not called.
type Hooks struct {
	// Group is called when a lane, Reads or Writes, begins with a group: how long each of its requests has
	// waited in the queue.
	Group func(lane string, waits []time.Duration)

	// Known is called with the cluster of each observation that is answered without a write, before it is
	// answered. package linker has a hook for the others.
	Known func(identity.Cluster)

	// Retried is called when a group, or a single request, is tried again.
	Retried func(mysql.Cause)
}

// WithHooks makes the lanes call hooks. It must be called before Link.
func (l *Lanes) WithHooks(h Hooks) *Lanes {
	if h.Retried != nil {
		l.ctx = mysql.WithRetryHook(l.ctx, h.Retried)
		l.reads.ctx, l.writes.ctx = l.ctx, l.ctx
	}
	if h.Group != nil {
		l.reads.begun = func(group []*request) { h.Group(Reads, waits(group)) }
		l.writes.begun = func(group []*request) { h.Group(Writes, waits(group)) }
	}
	l.known = h.Known
	return l
}

// waits returns how long each request has waited in the queue of its lane.
func waits(group []*request) []time.Duration {
	all, now := make([]time.Duration, len(group)), time.Now()
	for i, r := range group {
		all[i] = now.Sub(r.queued)
	}
	return all
}

// MaxRequests is the most requests that Link has in progress at a time.
const MaxRequests = maxWaiting

// Stats is what the lanes are busy with.
type Stats struct {
	Requests                int // calls of Link in progress, with one observation each
	QueuedReads             int // of these, the ones that wait for the read lane
	QueuedWrites            int // those that wait for the write lane
	Locked                  int // those that wait, outside the lanes, for a cluster that is locked
	ReadGroups, WriteGroups int // groups in progress
}

// Stats returns what the lanes are busy with at this moment.
func (l *Lanes) Stats() Stats {
	s := Stats{Requests: int(l.waiting.Load())}
	s.QueuedReads, s.ReadGroups = l.reads.stats()
	s.QueuedWrites, s.WriteGroups = l.writes.stats()
	l.stuck.mu.Lock()
	defer l.stuck.mu.Unlock()
	for _, group := range l.stuck.waiting {
		s.Locked += len(group)
	}
	return s
}

func (q *queue) stats() (queued, groups int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting), q.underWay
}
