// Package linker adds observations to the stored clusters and returns the cluster of each. It also
// has the corrections that people make: retract, separate, block, accept, erase. It runs every
// transaction that changes contacts. It does not normalize values (see package identity) and does not
// depend on a transport.
package linker

import (
	"context"
	"database/sql"
	"errors"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

// attempts is how often a request that loses every race is tried, over about three seconds. If
// contention lasts longer, something is wrong; return the error.
const attempts = 40

// Linker links observations in one database. It is safe for concurrent use, also by any number of
// processes on the same database.
type Linker struct {
	db     *sql.DB
	policy Policy
	keys   []ErasureKey // without any nothing is suppressed
	bounds bounds

	readsBack bool // on any server; for tests
}

// New returns a Linker on a migrated database.
func New(db *sql.DB, policy Policy) *Linker {
	return &Linker{db: db, policy: policy, bounds: defaultBounds()}
}

// Link records the observations in their order, in one transaction, with the same result as one by
// one, and returns for each the cluster as it stood right after it. What is known already is
// answered by reads alone. All observations are linked, or none and the error tells why: it is an
// *identity.Error, of CodeUnavailable when a later attempt may succeed. Linking the same
// observations again changes nothing, so a caller that got an error may always repeat.
//
// An observation that must not link its two values (see identity.Reason) is stored, queued as a
// refusal, and answered with the cluster of its e-mail and what was refused. If both values are
// blocked, nothing is stored and the answer has no cluster. A value that was erased with suppress is
// treated as absent, and is refused in the answer.
//
// Observations must be normalized. Hundreds in one call are efficient, thousands are allowed.
func (l *Linker) Link(ctx context.Context, observations []identity.Observation) ([]identity.Cluster, error) {
	p, err := l.link(ctx, observations)
	if err != nil {
		return nil, err
	}
	return p.answers(), nil
}

// Import is Link for callers that need counts instead of clusters. The times of observations (SeenAt)
// make contacts and recorded pairs older, never younger, in whatever order they come.
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
	p := newPlan(g, l.policy, observations)
	if !p.writes() {
		return p, nil
	}
	return l.commit(ctx, g.matches, observations)
}

// commit links the observations in one transaction, under the locks of the clusters in which their
// values were seen, and returns the plan that it wrote.
func (l *Linker) commit(ctx context.Context, seen []match, observations []identity.Observation) (*plan, error) {
	return l.write(ctx, func(ctx context.Context, q *store.Queries) (*graph, []identity.Observation, error) {
		g, err := lockClusters(ctx, q, seen, observations)
		return g, observations, err
	})
}

// write links, in one transaction, the observations that lock returns, and returns the plan that it
// wrote. lock must lock the clusters of the graph that it returns; values that were not seen cannot be
// locked: whoever is second to insert one gets a duplicate-key error, which is retryable. A plan that
// adds suppressed values is rolled back and made again without them, and lock called again.
func (l *Linker) write(
	ctx context.Context, lock func(context.Context, *store.Queries) (*graph, []identity.Observation, error),
) (p *plan, err error) {
	suppressed := map[string]bool{}
	for {
		err = mysql.InTx(ctx, l.db, func(tx *sql.Tx) error {
			q := store.New(tx)
			g, observations, err := lock(ctx, q)
			if err != nil {
				return err
			}
			g.suppressed = suppressed
			if err := l.readRules(ctx, q, g, g.matched()); err != nil {
				return err
			}
			p = newPlan(g, l.policy, observations)
			p.readsBack = l.readsBack
			if err := p.write(ctx, q); err != nil {
				return err
			}
			return l.findSuppressed(ctx, q, p.added, suppressed)
		})
		if !errors.Is(err, errSuppressed) {
			return p, err
		}
	}
}

// readRules adds to the graph what may forbid to link: the separations, and the fan-out of the given
// contacts. Under the locks nothing of it changes.
func (l *Linker) readRules(ctx context.Context, q *store.Queries, g *graph, ids []uint64) error {
	if err := g.readSeparations(ctx, q); err != nil || !l.policy.boundsFanOut() {
		return err
	}
	return g.readFanOut(ctx, q, ids)
}

// lockClusters locks the clusters of matches and reads them again. It returns mysql.ErrRetry when
// one of them was absorbed by another meanwhile: to lock that one now could be out of order.
func lockClusters(
	ctx context.Context, q *store.Queries, matches []match, observations []identity.Observation,
) (*graph, error) {
	if err := lockRoots(ctx, q, rootsOf(matches)); err != nil {
		return nil, err
	}
	return readClusters(ctx, q, matches, observations)
}

// lockRoots waits for the locks on primaries, which must ascend. It returns mysql.ErrRetry when one of
// them is a primary no longer.
func lockRoots(ctx context.Context, q *store.Queries, roots []uint64) error {
	locked, err := store.InChunks(roots, func(chunk []uint64) ([]uint64, error) { return q.LockRoots(ctx, chunk) })
	if err == nil && len(locked) < len(roots) {
		err = mysql.ErrRetry
	}
	return err
}
