package ledger

import (
	"context"
	"errors"
	"slices"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/mysql"
)

// Attempts is how often a transaction that loses every race is tried, over about five seconds. If
// contention lasts longer, something is wrong; return the error.
const Attempts = 100

// Decision is what somebody decides about stored clusters. Its fields are the request and never change.
// Both methods run again in each attempt, and the only thing that Apply gets from Find is which clusters
// are locked: so nothing that was read before the locks can be used after them.
type Decision[R any] interface {
	// Find returns the contacts whose clusters Apply needs, all of which it has found: for one that is
	// gone before it is locked, both methods run again. It runs before the locks.
	Find(ctx context.Context, r Reader) ([]uint64, error)

	// Apply reads what it decides on and writes what follows from that, unless it is a dry run. It
	// returns mysql.ErrRetry when it needs a cluster that Find did not name.
	Apply(ctx context.Context, l *Locked) (R, error)
}

// Locked is a transaction that holds the locks on the clusters of some contacts.
type Locked struct {
	*Tx
	Matches Matches // the contacts, with their primaries
	DryRun  bool    // nothing may be written, and no id be used up
}

// errDryRun rolls back a transaction in which nothing was written.
var errDryRun = errors.New("dry run")

// Decide carries a decision out in one transaction. It tries again when others were in the way. The error
// is an *identity.Error.
func Decide[R any](ctx context.Context, l *Ledger, dryRun bool, d Decision[R]) (R, error) {
	var result R
	err := mysql.Retry(ctx, Attempts, func() error {
		err := l.InTx(ctx, func(tx *Tx) error {
			contacts, err := d.Find(ctx, tx.Reader)
			if err != nil {
				return err
			}
			matches, err := tx.lockContacts(ctx, contacts)
			if err != nil {
				return err
			}
			result, err = d.Apply(ctx, &Locked{tx, matches, dryRun})
			if err == nil && dryRun {
				err = errDryRun
			}
			return err
		})
		if errors.Is(err, errDryRun) {
			return nil
		}
		return err
	})
	if err != nil {
		var none R
		return none, mysql.Translate(err)
	}
	return result, nil
}

// Graph reads all clusters that are locked.
func (l *Locked) Graph(ctx context.Context) (*cluster.Graph, error) {
	return l.ReadClusters(ctx, l.Matches, nil)
}

// Match returns where a contact is that Find named. The contact must be locked.
func (l *Locked) Match(contact uint64) (Match, error) {
	i := slices.IndexFunc(l.Matches, func(m Match) bool { return m.ContactID == contact })
	if i < 0 {
		return Match{}, mysql.ErrRetry
	}
	return l.Matches[i], nil
}
