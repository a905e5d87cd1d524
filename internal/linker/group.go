package linker

import (
	"context"
	"time"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

// groupContext lasts as long as the last caller waits, and no longer than the lanes. A caller that
// leaves does not end it: the others share its transaction.
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
	g, err := l.look(ctx, group)
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
	l.writes.add(rest...)
}

// look reads the clusters of a group without locks, and notes where the values of each request stand.
func (l *Lanes) look(ctx context.Context, group []*request) (g *graph, err error) {
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

// write links a group. Its first attempt trusts what the read lane saw and goes for the locks at once:
// a value that was new then and is not any more fails the insert. It does not try again after a lock
// wait timeout: what holds up one group must not hold up the next.
func (l *Lanes) write(ctx context.Context, group []*request) {
	all := func() []*request { return group }
	err := l.link(ctx, nil, all)
	if mysql.IsRetryable(err) && !mysql.IsLockWaitTimeout(err) {
		err = mysql.Retry(ctx, groupAttempts, func() error {
			if _, err := l.look(ctx, group); err != nil {
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
// requests, and leaves out those about clusters that it cannot lock at once: they wait beside the
// lanes. When it returns an error, nothing was done about any request.
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

// lockFree locks the clusters of a group as far as nobody else has locked them. It returns the requests
// all of whose clusters are locked now, and the others, each with the first primary that it lacks.
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
		l.alone.Go(func() { l.single(r) })
	}
}
