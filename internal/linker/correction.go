package linker

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

// Change is what a correction made of the clusters that it touched. Each list is in the order of the
// primaries; where nothing changed the two are the same.
//
// What does not exist yet has no id: in a dry run, a cluster under a contact that the correction would
// add has PrimaryID 0, and such a contact is not among the SecondaryIDs.
type Change struct {
	Before, After []identity.Cluster
}

// correction is one decision about stored clusters. Its fields are the request and never change. Both
// methods run again in each attempt, and the only thing that apply gets from find is which clusters are
// locked: so nothing that was read before the locks can be used after them.
type correction[R any] interface {
	// find returns the contacts whose clusters apply needs. It runs before the locks.
	find(ctx context.Context, q *store.Queries) ([]uint64, error)

	// apply reads what it decides on and writes what follows from that, unless it is a dry run. It
	// returns mysql.ErrRetry when it needs a cluster that find did not name.
	apply(ctx context.Context, c *lockedClusters) (R, error)
}

// lockedClusters is a transaction that holds the locks on the clusters of some contacts.
type lockedClusters struct {
	linker  *Linker
	q       *store.Queries
	matches []match // the contacts, with their primaries
	dryRun  bool    // nothing may be written, and no id be used up
}

// errDryRun rolls back a transaction in which nothing was written.
var errDryRun = errors.New("dry run")

// correct runs a correction in one transaction. It runs find and apply again when others were in the
// way.
func correct[R any](ctx context.Context, l *Linker, dryRun bool, c correction[R]) (R, error) {
	var result R
	err := mysql.Retry(ctx, attempts, func() error {
		err := mysql.InTx(ctx, l.db, func(tx *sql.Tx) error {
			q := store.New(tx)
			contacts, err := c.find(ctx, q)
			if err != nil {
				return err
			}
			matches, err := lockContacts(ctx, q, contacts)
			if err != nil {
				return err
			}
			result, err = c.apply(ctx, &lockedClusters{l, q, matches, dryRun})
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

// lockContacts locks the clusters of contacts and returns where the contacts stand. It returns
// mysql.ErrRetry when one of them has moved to another cluster meanwhile: to lock that one now could be
// out of order.
func lockContacts(ctx context.Context, q *store.Queries, ids []uint64) ([]match, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	seen, err := findContacts(ctx, q, ids)
	if err != nil {
		return nil, err
	}
	if err := lockRoots(ctx, q, rootsOf(seen)); err != nil {
		return nil, err
	}
	matches, err := findContacts(ctx, q, ids)
	if err == nil && !slices.Equal(seen, matches) {
		err = mysql.ErrRetry
	}
	return matches, err
}

// findContacts returns contacts with their primaries, in the order of ids, each once. It fails for
// one that does not exist or was erased.
func findContacts(ctx context.Context, q *store.Queries, ids []uint64) ([]match, error) {
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	rows, err := store.InChunks(ids, func(ids []uint64) ([]store.FindPrimariesRow, error) { return q.FindPrimaries(ctx, ids) })
	if err != nil {
		return nil, err
	}
	byID := make(map[uint64]store.FindPrimariesRow, len(rows))
	for _, r := range rows {
		byID[r.ID] = r
	}
	matches := make([]match, len(ids))
	for i, id := range ids {
		r, found := byID[id]
		switch {
		case !found:
			return nil, identity.NoContact(id)
		case r.DeletedAt != nil:
			return nil, identity.ContactErased(id, *r.DeletedAt)
		}
		matches[i] = match{id, r.PrimaryID}
	}
	return matches, nil
}

// graph reads all clusters that are locked.
func (c *lockedClusters) graph(ctx context.Context) (*graph, error) {
	return readClusters(ctx, c.q, c.matches, nil)
}

// render lists the clusters of the graph by primary; those without a stored one come last.
func (g *graph) render() []identity.Cluster {
	clusters := []identity.Cluster{}
	for _, cl := range g.clusters() {
		c := *render(cl.members)
		c.SecondaryIDs = slices.DeleteFunc(c.SecondaryIDs, func(id uint64) bool { return id == 0 })
		clusters = append(clusters, c)
	}
	slices.SortStableFunc(clusters, func(a, b identity.Cluster) int { return cmp.Compare(a.PrimaryID-1, b.PrimaryID-1) })
	return clusters
}

// clusters lists the clusters of the graph, each once, in the order of their oldest contact.
func (g *graph) clusters() []*cluster {
	var clusters []*cluster
	seen := map[*cluster]bool{}
	for _, c := range g.contacts() {
		if !seen[c.cluster] {
			seen[c.cluster] = true
			clusters = append(clusters, c.cluster)
		}
	}
	return clusters
}
