package linker

import (
	"context"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

// single links a request of a group that failed. It gives its slot up between attempts, so that requests
// about values that stay locked do not occupy the connections. Before each attempt it probes the values,
// since an INSERT has no SKIP LOCKED.
func (l *Lanes) single(r *request) {
	group := []*request{r}
	defer l.recover(&group)
	var err error
	for locked := true; locked && r.ctx.Err() == nil; locked = mysql.IsLockWaitTimeout(err) {
		err = mysql.Retry(r.ctx, attempts, func() error { return l.attempt(r.ctx, group) })
	}
	if err != nil {
		r.finish(identity.Cluster{}, mysql.Translate(err))
	}
}

// attempt links a group of one, or lets it wait for the lock on its cluster.
func (l *Lanes) attempt(ctx context.Context, group []*request) error {
	select {
	case l.singles <- struct{}{}:
		defer func() { <-l.singles }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := probe(ctx, store.New(l.linker.db), group[0].observation); err != nil {
		return err
	}
	if _, err := l.readGroup(ctx, group); err != nil {
		return err
	}
	return l.link(ctx, nil, func() []*request { return group })
}

// probe returns an error that is a lock wait timeout when another transaction is inserting one of the
// values. Outside a transaction, as here, it keeps no lock.
func probe(ctx context.Context, q *store.Queries, o identity.Observation) error {
	if o.Email != "" {
		if _, err := q.ProbeEmail(ctx, &o.Email); err != nil {
			return err
		}
	}
	if o.Phone != "" {
		if _, err := q.ProbePhoneNumber(ctx, &o.Phone); err != nil {
			return err
		}
	}
	return nil
}
