package linker

import (
	"context"
	"slices"
	"sync"
)

const (
	// maxGroup keeps one transaction short enough that nobody waits for its locks for long.
	maxGroup = 256
	// maxLanes is how many groups of one kind may be under way. A second one works while the first
	// waits for the database; more would be smaller, and a statement costs what ten rows do.
	maxLanes = 2
	// worthALane is how many requests the second lane wants: fewer are cheaper in the next group.
	worthALane = 32
)

// queue forms groups: what waits while one is under way is the next. There is no timer, so on an
// idle server a request is a group of its own at once.
type queue struct {
	handle func(context.Context, []*request)

	mu       sync.Mutex
	waiting  []*request
	underWay int // groups
	stopped  bool
	lanes    sync.WaitGroup
}

// add never blocks: its callers bound how much waits.
func (q *queue) add(requests ...*request) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting = append(q.waiting, requests...)
	if group := q.take(); group != nil {
		q.lanes.Go(func() { q.run(group) })
	}
}

// take returns the next group, or nil when there is none to begin now. It must be called with mu
// held.
func (q *queue) take() []*request {
	n := min(len(q.waiting), maxGroup)
	switch {
	case q.stopped, n == 0, q.underWay == maxLanes, q.underWay > 0 && n < worthALane:
		return nil
	}
	group := slices.Clone(q.waiting[:n])
	q.waiting = slices.Delete(q.waiting, 0, n)
	q.underWay++
	return group
}

// run is a lane: it ends when there is no next group.
func (q *queue) run(group []*request) {
	for group != nil {
		// Nobody waits for the answer to one whose caller has left.
		group = slices.DeleteFunc(group, func(r *request) bool { return r.ctx.Err() != nil })
		if len(group) > 0 {
			ctx, cancel := groupContext(group)
			q.handle(ctx, group)
			cancel()
		}
		q.mu.Lock()
		q.underWay--
		group = q.take()
		q.mu.Unlock()
	}
}

// stop returns after the groups under way. What waits then is never handled.
func (q *queue) stop() {
	q.mu.Lock()
	q.stopped = true
	q.mu.Unlock()
	q.lanes.Wait()
}
