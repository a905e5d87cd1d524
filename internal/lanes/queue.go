package lanes

import (
	"context"
	"slices"
	"sync"
	"time"
)

const (
	// maxGroup keeps a transaction short, since others wait for its locks.
	maxGroup = 256
	// maxLanes is how many groups of one kind may be in progress. The second one works while the first
	// waits for the database. More lanes would make smaller groups, and a statement costs as much as
	// ten rows.
	maxLanes = 2
	// minBacklog is the queue length at which a second lane pays off.
	minBacklog = 32
	// When a group takes longer than slow, another one may start in its place, so that a lost
	// connection, or a value that another process is inserting, does not stop the others. maxSlow bounds
	// how many groups of one kind are replaced at a time.
	slow    = 200 * time.Millisecond
	maxSlow = 2
)

// queue forms groups: the requests that arrive while a group is in progress are the next group. There
// is no timer, so on an idle server a request is handled at once.
type queue struct {
	name   string                            // of the groups, in spans
	ctx    context.Context                   //nolint:containedctx // ends the groups that stop gave up
	handle func(context.Context, []*request) // must not panic
	begun  func([]*request)                  // is called before handle; nil for none

	mu       sync.Mutex
	waiting  []*request
	underWay int // groups in progress
	replaced int // groups in progress that were replaced
	stopped  bool
	groups   sync.WaitGroup // those in progress
}

// add never blocks. Its callers bound the number of requests.
func (q *queue) add(requests ...*request) {
	startWait(waitForLane, requests)
	q.begin(q.next(requests, 0))
}

// do is add for a caller that waits for its request anyway. It may handle one group in the goroutine of
// the caller, so that an idle server needs no goroutine switch.
func (q *queue) do(r *request) {
	came := []*request{r}
	startWait(waitForLane, came)
	group := q.next(came, 0)
	if len(group) != 1 {
		q.begin(group)
		return
	}
	q.work(group)
	q.begin(q.next(nil, 1))
}

// begin starts a lane with a group, unless it is nil.
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

// work handles a group, without the requests whose callers have left.
func (q *queue) work(group []*request) {
	group = slices.DeleteFunc(group, func(r *request) bool {
		left := r.ctx.Err() != nil
		if left {
			r.waiting.End()
		}
		return left
	})
	if len(group) == 0 {
		return
	}
	ctx, cancel := groupContext(q.ctx, group)
	defer cancel()
	ctx, span := startGroup(ctx, q.name, group)
	defer span.End()
	if q.begun != nil {
		q.begun(group)
	}
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

// next adds the requests that arrived, subtracts the groups that ended, and returns the group to start
// now, or nil.
func (q *queue) next(came []*request, ended int) []*request {
	if q.begun != nil {
		now := time.Now()
		for _, r := range came {
			r.queued = now
		}
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting = append(q.waiting, came...)
	q.underWay -= ended
	defer q.groups.Add(-ended)
	n, busy := min(len(q.waiting), maxGroup), q.underWay-q.replaced
	switch {
	case q.stopped, n == 0, busy >= maxLanes, busy > 0 && n < minBacklog:
		return nil
	}
	group := slices.Clone(q.waiting[:n])
	q.waiting = slices.Delete(q.waiting, 0, n)
	q.underWay++
	q.groups.Add(1)
	return group
}

// stop waits for the groups in progress. Requests that are still in the queue are never handled.
func (q *queue) stop() {
	q.mu.Lock()
	q.stopped = true
	q.mu.Unlock()
	q.groups.Wait()
}
