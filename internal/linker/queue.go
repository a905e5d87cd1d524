package linker

import (
	"context"
	"slices"
	"sync"
	"time"
)

const (
	// maxGroup keeps one transaction short enough that nobody waits for its locks for long.
	maxGroup = 256
	// maxLanes is how many groups of one kind may be under way. A second one works while the first
	// waits for the database; more would be smaller, and a statement costs what ten rows do.
	maxLanes = 2
	// worthALane is how many requests the second lane wants: fewer are cheaper in the next group.
	worthALane = 32
	// A group that takes longer than slow is replaced: another one may begin in its place, so that a
	// lost connection or a value that another process is inserting does not stop the others. maxSlow
	// bounds how many groups of one kind are replaced at a time.
	slow    = 200 * time.Millisecond
	maxSlow = 2
)

// queue forms groups: what waits while one is under way is the next. There is no timer, so on an
// idle server a request is a group of its own at once.
type queue struct {
	ctx    context.Context                   //nolint:containedctx // ends the groups that stop gave up
	handle func(context.Context, []*request) // must not panic

	mu       sync.Mutex
	waiting  []*request
	underWay int // groups
	replaced int // of those
	stopped  bool
	groups   sync.WaitGroup // as many as are under way
}

// add never blocks: its callers bound how much waits.
func (q *queue) add(requests ...*request) {
	q.begin(q.next(requests, 0))
}

// do is add for a caller that only waits: the first of a group is its lane, and an idle server
// switches between no goroutines. It returns when that one group was handled.
func (q *queue) do(r *request) {
	group := q.next([]*request{r}, 0)
	if len(group) != 1 {
		q.begin(group)
		return
	}
	q.work(group)
	q.begin(q.next(nil, 1))
}

// begin starts a lane with a group, if there is one.
func (q *queue) begin(group []*request) {
	if group == nil {
		return
	}
	go func() {
		for ; group != nil; group = q.next(nil, 1) {
			q.work(group)
		}
	}()
}

// work handles a group, without those whose callers have left: nobody waits for their answers.
func (q *queue) work(group []*request) {
	group = slices.DeleteFunc(group, func(r *request) bool { return r.ctx.Err() != nil })
	if len(group) == 0 {
		return
	}
	ctx, cancel := groupContext(q.ctx, group)
	defer cancel()
	var state groupState
	late := time.AfterFunc(slow, func() { q.begin(q.replace(&state)) })
	q.handle(ctx, group)
	late.Stop()
	q.end(&state)
}

// groupState is whether a group ended or was replaced; guarded by the mutex of the queue.
type groupState struct{ ended, replaced bool }

// replace returns the group to begin in place of one that is slow, or nil.
func (q *queue) replace(g *groupState) []*request {
	q.mu.Lock()
	if !g.ended && q.replaced < maxSlow {
		g.replaced = true
		q.replaced++
	}
	q.mu.Unlock()
	return q.next(nil, 0)
}

func (q *queue) end(g *groupState) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if g.ended = true; g.replaced {
		q.replaced--
	}
}

// next takes note of what came and of how many groups ended, and returns the group to begin now, or
// nil.
func (q *queue) next(came []*request, ended int) []*request {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting = append(q.waiting, came...)
	q.underWay -= ended
	defer q.groups.Add(-ended)
	n, busy := min(len(q.waiting), maxGroup), q.underWay-q.replaced
	switch {
	case q.stopped, n == 0, busy >= maxLanes, busy > 0 && n < worthALane:
		return nil
	}
	group := slices.Clone(q.waiting[:n])
	q.waiting = slices.Delete(q.waiting, 0, n)
	q.underWay++
	q.groups.Add(1)
	return group
}

// stop returns after the groups under way. What waits then is never handled.
func (q *queue) stop() {
	q.mu.Lock()
	q.stopped = true
	q.mu.Unlock()
	q.groups.Wait()
}
