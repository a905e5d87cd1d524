package lanes

import (
	"context"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/ledger"
	"github.com/identikit/identikit/internal/mysql"
)

// single links a request of a group that failed. It gives its slot up between attempts, so that requests
// about values that stay locked do not occupy the connections. Before each attempt it probes the values,
// since an INSERT has no SKIP LOCKED.
func (l *Lanes) single(r *request) {
	group := []*request{r}
	defer l.recover(&group)
	var err error
	for locked := true; locked && r.ctx.Err() == nil; locked = mysql.IsLockWaitTimeout(err) {
		err = mysql.Repeat(r.ctx, ledger.Attempts, func() error { return l.attempt(r.ctx, group) })
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
	if err := l.linker.Probe(ctx, group[0].observation); err != nil {
		return err
	}
	if _, err := l.find(ctx, group); err != nil {
		return err
	}
	return l.link(ctx, nil, func() []*request { return group })
}
