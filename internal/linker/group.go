package linker

import (
	"context"
	"time"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

// groupContext ends with the last deadline in the group, or with the lanes. It does not end when one
// caller leaves, since the others share its transaction.
func groupContext(lanes context.Context, group []*request) (context.Context, context.CancelFunc) {
	var last time.Time
	for _, r := range group {
		deadline, ok := r.ctx.Deadline()
		if !ok {
			return context.WithCancel(lanes)
		}
		if deadline.After(last) {
			last = deadline
		}
	}
	return context.WithDeadline(lanes, last)
}

// read answers what is known and passes the rest on.
func (l *Lanes) read(ctx context.Context, group []*request) {
	all := len(group)
	if !l.mostlyNew.Load() {
		if group = l.answerKnown(ctx, group); len(group) == 0 {
			return
		}
	}
	g, err := l.readGroup(ctx, group)
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
		rest = append(rest, r)
	}
	l.mostlyNew.Store(2*len(rest) > all)
	l.writes.add(rest...)
}

// readGroup reads the clusters of a group without locks, and notes which contacts hold the values of
// each request.
func (l *Lanes) readGroup(ctx context.Context, group []*request) (g *graph, err error) {
	err = mysql.Retry(ctx, groupAttempts, func() error {
		g, err = readGraph(ctx, store.New(l.linker.db), observationsOf(group))
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, r := range group {
		r.seen = g.seen(r.observation)
	}
	return g, nil
}

// write links a group. Its first attempt locks the clusters that the read lane saw, without reading
// again: if a value that was new has been stored since, the insert fails. It does not try again after a
// lock wait timeout, so that a lock that delayed this group does not delay the next.
func (l *Lanes) write(ctx context.Context, group []*request) {
	all := func() []*request { return group }
	err := l.link(ctx, nil, all)
	if mysql.IsRetryable(err) && !mysql.IsLockWaitTimeout(err) {
		err = mysql.Retry(ctx, groupAttempts, func() error {
			if _, err := l.readGroup(ctx, group); err != nil {
				return err
			}
			return l.link(ctx, nil, all)
		})
	}
	if err != nil {
		l.split(group, err)
	}
}

// link links requests in one transaction. It waits for the locks on roots, then calls take for the
// requests, and leaves out those about clusters that it cannot lock at once: they wait outside the
// lanes. If it returns an error, it has answered no request.
func (l *Lanes) link(ctx context.Context, roots []uint64, take func() []*request) error {
	var linked, skipped []*request
	p, err := l.linker.write(ctx, func(ctx context.Context, q *store.Queries) (*graph, []identity.Observation, error) {
		if err := lockRoots(ctx, q, roots); err != nil {
			return nil, nil, err
		}
		var err error
		if linked, skipped, err = lockFree(ctx, q, take()); err != nil {
			return nil, nil, err
		}
		observations := observationsOf(linked)
		g, err := readClusters(ctx, q, seenBy(linked), observations)
		return g, observations, err
	})
	if err != nil {
		return err
	}
	for i, cluster := range p.answers() {
		linked[i].finish(cluster, nil)
	}
	for _, r := range skipped {
		l.wait(r)
	}
	return nil
}

// lockFree locks those clusters of a group that no other transaction has locked. It returns the requests
// whose clusters are all locked now, and the others, with missing set.
func lockFree(ctx context.Context, q *store.Queries, group []*request) (linked, skipped []*request, err error) {
	free, err := store.InChunks(rootsOf(seenBy(group)), func(chunk []uint64) ([]uint64, error) {
		return q.LockFreeRoots(ctx, chunk)
	})
	if err != nil {
		return nil, nil, err
	}
	locked := make(map[uint64]bool, len(free))
	for _, id := range free {
		locked[id] = true
	}
	for _, r := range group {
		if r.lacks(locked) {
			skipped = append(skipped, r)
		} else {
			linked = append(linked, r)
		}
	}
	return linked, skipped, nil
}

// split answers a group that failed. If the database is unavailable, so are all requests; otherwise each
// is linked on its own, outside the lanes, so that one bad observation does not fail the others.
func (l *Lanes) split(group []*request, cause error) {
	if err := mysql.Translate(cause); identity.CodeOf(err) == identity.CodeUnavailable && !mysql.IsRetryable(cause) {
		for _, r := range group {
			r.finish(identity.Cluster{}, err)
		}
		return
	}
	for _, r := range group {
		l.background.Go(func() { l.single(r) })
	}
}
