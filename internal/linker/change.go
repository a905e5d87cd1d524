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

// Change is what an operation made of the clusters that it touched, each list by primary. Where it
// changed nothing the two are the same.
type Change struct {
	Before, After []identity.Cluster
}

// errDryRun takes a transaction back whose outcome is all that was wanted.
var errDryRun = errors.New("dry run")

// operation changes the clusters of a locked graph, in the transaction of q.
type operation func(ctx context.Context, q *store.Queries, g *graph) error

// change does an operation in one transaction, under the locks on the clusters of the contacts that
// find names, and tells what it made of them. With dryRun it is done and taken back. It runs find
// and do again when others were in the way.
func (l *Linker) change(
	ctx context.Context, dryRun bool, find func(context.Context, *store.Queries) ([]uint64, error), do operation,
) (Change, error) {
	var change Change
	err := mysql.Retry(ctx, attempts, func() error {
		err := mysql.InTx(ctx, l.db, func(tx *sql.Tx) error {
			q := store.New(tx)
			contacts, err := find(ctx, q)
			if err != nil {
				return err
			}
			g, err := lockContacts(ctx, q, contacts)
			if err != nil {
				return err
			}
			change = Change{Before: g.render()}
			if err := do(ctx, q, g); err != nil {
				return err
			}
			change.After = g.render()
			if dryRun {
				return errDryRun
			}
			return nil
		})
		if errors.Is(err, errDryRun) {
			return nil
		}
		return err
	})
	if err != nil {
		return Change{}, mysql.Translate(err)
	}
	return change, nil
}

// these is find for contacts that are known.
func these(ids ...uint64) func(context.Context, *store.Queries) ([]uint64, error) {
	return func(context.Context, *store.Queries) ([]uint64, error) { return ids, nil }
}

// lockContacts locks and reads the clusters of contacts.
func lockContacts(ctx context.Context, q *store.Queries, ids []uint64) (*graph, error) {
	rows, err := q.FindPrimaries(ctx, ids)
	if err != nil {
		return nil, err
	}
	matches := make([]match, len(ids))
	for i, id := range ids {
		at := slices.IndexFunc(rows, func(r store.FindPrimariesRow) bool { return r.ID == id })
		if at < 0 {
			return nil, identity.NoContact(id)
		}
		if deleted := rows[at].DeletedAt; deleted != nil {
			return nil, identity.ContactErased(id, *deleted)
		}
		matches[i] = match{id, rows[at].PrimaryID}
	}
	return lockClusters(ctx, q, matches, nil)
}

// render lists the clusters of the graph by primary.
func (g *graph) render() []identity.Cluster {
	var clusters []identity.Cluster
	seen := map[*cluster]bool{}
	for _, c := range g.byID {
		if !seen[c.cluster] {
			seen[c.cluster] = true
			clusters = append(clusters, *render(c.cluster.members))
		}
	}
	slices.SortFunc(clusters, func(a, b identity.Cluster) int { return cmp.Compare(a.PrimaryID, b.PrimaryID) })
	return clusters
}
