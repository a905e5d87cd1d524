package linker

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

// stuck holds the requests about clusters that somebody else has locked, by the primary. Each primary
// in waiting has a goroutine that waits for its lock.
type stuck struct {
	mu      sync.Mutex
	waiting map[uint64][]*request
	waiters int // those and the ones that got their lock and link
}

// wait is for a request that lacks a lock. It joins those that wait for the same one, or waits for it
// when a connection is free for that. Else it tries again later, so that no cluster that stays locked
// keeps it from one that does not. The wait in the database is what is fair: who only tries again may
// never find a busy cluster unlocked.
func (l *Lanes) wait(r *request) {
	l.stuck.mu.Lock()
	defer l.stuck.mu.Unlock()
	waiting, joined := l.stuck.waiting[r.missing]
	switch {
	case joined:
	case l.stuck.waiters < maxStuck:
		l.stuck.waiters++
		l.alone.Go(func() { l.waitFor(r) })
	default:
		l.again(r)
		return
	}
	l.stuck.waiting[r.missing] = append(waiting, r)
}

// waitFor waits for the clusters of a request and then links all requests that wait for the one that it
// lacks. It waits as long as one statement does; then whoever still waits tries again.
func (l *Lanes) waitFor(first *request) {
	root, taken := first.missing, false
	var group []*request
	take := func() []*request {
		if !taken {
			group, taken = l.stuck.take(root), true
		}
		return group
	}
	defer l.stuck.done()
	defer l.recover(&group)
	defer take() // also after an error or a panic before the lock
	ctx, cancel := groupContext(l.ctx, []*request{first})
	defer cancel()
	err := l.link(ctx, rootsOf(first.seen), take)
	switch {
	case err == nil:
	case mysql.IsRetryable(err), ctx.Err() != nil: // others in the group may have more time
		for _, r := range take() {
			l.again(r)
		}
	default:
		l.split(take(), err)
	}
}

// again reads a request anew after a pause: its cluster may be locked, or absorbed by another.
func (l *Lanes) again(r *request) {
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
