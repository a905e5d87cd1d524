package lanes

import (
	"context"
	"time"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/ledger"
	"github.com/identikit/identikit/internal/linker"
	"github.com/identikit/identikit/internal/mysql"
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
		found, err := l.linker.FindPrimary(ctx, observationsOf(group))
		if err == nil { // otherwise find meets the same error, or none
			group = l.answer(group, found)
		}
		if len(group) == 0 {
			return
		}
	}
	found, err := l.find(ctx, group)
	if err != nil {
		l.split(group, err)
		return
	}
	rest := l.answer(group, found)
	l.mostlyNew.Store(2*len(rest) > all)
	l.writes.add(rest...)
}

// answer answers the requests of a group that are known, and returns the others.
func (l *Lanes) answer(group []*request, found []linker.Found) (others []*request) {
	for i, r := range group {
		if found[i].Known {
			if l.known != nil {
				l.known(found[i].Cluster)
			}
			r.finish(found[i].Cluster, nil)
		} else {
			others = append(others, r)
		}
	}
	return others
}

// find reads what is known of a group, and notes where the values of each request are.
func (l *Lanes) find(ctx context.Context, group []*request) (found []linker.Found, err error) {
	err = mysql.Retry(ctx, groupAttempts, func() error {
		found, err = l.linker.Find(ctx, observationsOf(group))
		return err
	})
	for i, f := range found {
		group[i].seen = f.Seen
	}
	return found, err
}

// write links a group. Its first attempt locks the clusters that the read lane saw, without reading
// again: if a value that was new has been stored since, the insert fails. It does not try again after a
// lock wait timeout, so that a lock that delayed this group does not delay the next.
func (l *Lanes) write(ctx context.Context, group []*request) {
	all := func() []*request { return group }
	err := l.link(ctx, nil, all)
	if mysql.IsRetryable(err) && !mysql.IsLockWaitTimeout(err) || mysql.IsLost(err) {
		mysql.Retried(ctx, err)
		err = mysql.Repeat(ctx, groupAttempts, func() error {
			if _, err := l.find(ctx, group); err != nil {
				return err
			}
			return l.link(ctx, nil, all)
		})
	}
	if err != nil {
		l.split(group, err)
	}
}

// link links requests in one transaction. It waits for the locks on the clusters in seen, then calls take
// for the requests. Those about clusters that it cannot lock at once wait outside the lanes. If it returns
// an error, it has answered no request.
func (l *Lanes) link(ctx context.Context, seen ledger.Matches, take func() []*request) error {
	var group []*request
	results, err := l.linker.LinkFree(ctx, seen, func() []linker.Request {
		group = take()
		requests := make([]linker.Request, len(group))
		for i, r := range group {
			requests[i] = linker.Request{Observation: r.observation, Seen: r.seen}
		}
		return requests
	})
	if err != nil {
		return err
	}
	for i, r := range group {
		if r.missing = results[i].Missing; r.missing == 0 {
			r.finish(results[i].Cluster, nil)
		}
	}
	for _, r := range group {
		if r.missing != 0 {
			l.wait(r)
		}
	}
	return nil
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
	mysql.Retried(l.ctx, cause)
	for _, r := range group {
		l.background.Go(func() { l.single(r) })
	}
}
