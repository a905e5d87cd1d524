package lanes

import (
	"math/rand/v2"
	"sync"
	"time"

	"github.com/identikit/identikit/internal/mysql"
)

const (
	// maxStuck is how many locked clusters are waited for at a time, each with a connection.
	maxStuck = 2
	// Requests about locked clusters that are not waited for try again after a pause that doubles.
	firstPause = 5 * time.Millisecond
	maxPause   = 160 * time.Millisecond
)

// stuck holds the requests about clusters that another transaction has locked, by primary. For each
// primary in waiting, a goroutine waits for its lock.
type stuck struct {
	mu      sync.Mutex
	waiting map[uint64][]*request
	waiters int // goroutines, including those that got their lock and are linking
}

// wait handles a request that lacks a lock. If other requests wait for the same lock, the request joins
// them; otherwise it waits for the lock itself if a connection is free for that, or tries again later,
// so that a cluster that stays locked does not delay requests about others. Waiting in the database is
// fair: a request that only tries again might never find a busy cluster unlocked.
func (l *Lanes) wait(r *request) {
	l.stuck.mu.Lock()
	defer l.stuck.mu.Unlock()
	waiting, joined := l.stuck.waiting[r.missing]
	startWait(waitForLock, []*request{r})
	switch {
	case joined:
	case l.stuck.waiters < maxStuck:
		l.stuck.waiters++
		l.background.Go(func() { l.waitFor(r) })
	default:
		l.again(r)
		return
	}
	l.stuck.waiting[r.missing] = append(waiting, r)
}

// waitFor waits for the clusters of a request, and then links all requests that wait for the same
// primary. It waits as long as one statement does; then the requests that are left try again.
func (l *Lanes) waitFor(first *request) {
	root, taken := first.missing, false
	var group []*request
	ctx, cancel := groupContext(l.ctx, []*request{first})
	defer cancel()
	ctx, span := first.span.StartGroup(ctx, "locked group")
	defer span.End()
	take := func() []*request {
		if !taken {
			group, taken = l.stuck.take(root), true
			joinGroup(span, group)
		}
		return group
	}
	defer l.stuck.done()
	defer l.recover(&group)
	defer take() // also after an error or a panic before the lock
	err := l.link(ctx, first.seen, take)
	switch {
	case err == nil:
	case mysql.IsRetryable(err), mysql.IsLost(err), ctx.Err() != nil: // others in the group may have more time
		mysql.Retried(ctx, err)
		for _, r := range take() {
			l.again(r)
		}
	default:
		l.split(take(), err)
	}
}

// again reads a request again after a pause: its cluster may still be locked, or merged into another.
func (l *Lanes) again(r *request) {
	r.waiting.End()
	r.pause = min(max(2*r.pause, firstPause), maxPause)
	time.AfterFunc(r.pause/2+rand.N(r.pause/2), func() { l.reads.add(r) }) //nolint:gosec // jitter, not a secret
}

// take returns the requests that wait for a primary. Those that come later need another waiter.
func (s *stuck) take(root uint64) []*request {
	s.mu.Lock()
	defer s.mu.Unlock()
	group := s.waiting[root]
	delete(s.waiting, root)
	return group
}

func (s *stuck) done() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiters--
}
