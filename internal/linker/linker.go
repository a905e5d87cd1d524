// Package linker is the one operation of Identikit: it brings observations into the stored
// clusters and answers with the cluster of each. It owns every transaction that changes contacts.
// It does not normalize (package identity) and knows no transport.
package linker

import (
	"context"
	"database/sql"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

// attempts is how often a request that loses every race tries, over about three seconds:
// contention that lasts longer is a server in trouble, and the caller is better told.
const attempts = 40

// Linker links observations in one database. It is safe for concurrent use, also by any number of
// processes on the same database.
type Linker struct {
	db *sql.DB
}

// New returns a Linker on a migrated database.
func New(db *sql.DB) *Linker {
	return &Linker{db: db}
}

// Link records the observations in their order, in one transaction, with the same result as one by
// one, and returns for each the cluster as it stood right after it. What is known already is
// answered by reads alone. All observations are linked, or none and the error tells why: it is an
// *identity.Error, of CodeUnavailable when a later attempt may succeed. Linking the same
// observations again changes nothing, so a caller that got an error may always repeat.
//
// Observations must be normalized. Hundreds in one call are efficient, thousands are allowed.
func (l *Linker) Link(ctx context.Context, observations []identity.Observation) ([]identity.Cluster, error) {
	p, err := l.link(ctx, observations)
	if err != nil {
		return nil, err
	}
	return p.answers(), nil
}

// Import is Link for those who want to know only what became of how many observations. Ages that
// they bring (SeenAt) make contacts and recorded pairs older, never younger, whatever their order.
func (l *Linker) Import(ctx context.Context, observations []identity.Observation) (Counts, error) {
	p, err := l.link(ctx, observations)
	if err != nil {
		return Counts{}, err
	}
	return p.counts, nil
}

func (l *Linker) link(ctx context.Context, observations []identity.Observation) (p *plan, err error) {
	err = mysql.Retry(ctx, attempts, func() error {
		p, err = l.attempt(ctx, observations)
		return err
	})
	return p, mysql.Translate(err)
}

// attempt reads without locks and writes only when that shows something new.
func (l *Linker) attempt(ctx context.Context, observations []identity.Observation) (*plan, error) {
	g, err := readGraph(ctx, store.New(l.db), observations)
	if err != nil {
		return nil, err
	}
	p := newPlan(g, observations)
	if !p.writes() {
		return p, nil
	}
	return l.commit(ctx, p.touchedRoots(), p, observations)
}

// commit writes, in one transaction, what the observations call for once the clusters under roots
// are locked, and returns that plan. Without roots there is nothing to lock: p is written as it is.
func (l *Linker) commit(
	ctx context.Context, roots []uint64, p *plan, observations []identity.Observation,
) (*plan, error) {
	err := mysql.InTx(ctx, l.db, func(tx *sql.Tx) (err error) {
		q := store.New(tx)
		if len(roots) > 0 {
			if p, err = planUnderLock(ctx, q, roots, observations); err != nil {
				return err
			}
		}
		return p.write(ctx, q)
	})
	return p, err
}

// planUnderLock locks the clusters under roots and plans again on what stands there now. It
// returns mysql.ErrRetry when a root moved meanwhile, or when other clusters need the lock too:
// to take it now could be out of order.
func planUnderLock(
	ctx context.Context, q *store.Queries, roots []uint64, observations []identity.Observation,
) (*plan, error) {
	locked, err := q.LockRoots(ctx, roots)
	if err != nil {
		return nil, err
	}
	g, err := readGraph(ctx, q, observations)
	if err != nil {
		return nil, err
	}
	p := newPlan(g, observations)
	if !contains(locked, p.touchedRoots()) {
		return nil, mysql.ErrRetry
	}
	return p, nil
}

// contains tells whether all of part stands in whole.
func contains(whole, part []uint64) bool {
	have := make(map[uint64]bool, len(whole))
	for _, id := range whole {
		have[id] = true
	}
	for _, id := range part {
		if !have[id] {
			return false
		}
	}
	return true
}
