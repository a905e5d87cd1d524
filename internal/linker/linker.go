// Package linker adds observations to the stored clusters and returns the cluster of each. It does not
// normalize values (see package identity), and what people decide about clusters is in packages
// correction and erasure.
package linker

import (
	"context"
	"errors"
	"slices"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/ledger"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/suppression"
)

// Linker links observations in one database. It is safe for concurrent use, also by any number of
// processes on the same database.
type Linker struct {
	ledger *ledger.Ledger
	policy cluster.Policy
	keys   suppression.Keys
	hook   Hook // nil for none
}

// Hook is called after observations were linked, with their number by outcome and the cluster of each, before
// they are answered. It is called by several goroutines at a time, and must not block.
type Hook func(cluster.Counts, []identity.Cluster)

// New returns a linker that stores nothing that was suppressed under one of the keys.
func New(l *ledger.Ledger, policy cluster.Policy, keys suppression.Keys) *Linker {
	return &Linker{ledger: l, policy: policy, keys: keys}
}

// WithHook makes Link and LinkFree call a hook. It must be called before them.
func (l *Linker) WithHook(h Hook) *Linker {
	l.hook = h
	return l
}

// Link records the observations in their order, in one transaction, with the same result as one by
// one, and returns for each the cluster as it stood right after it. What is known already is
// answered by reads alone. All observations are linked, or none and the error tells why: it is an
// *identity.Error, of CodeUnavailable when a later attempt may succeed. Linking the same
// observations again changes nothing, so a caller that got an error may always repeat.
//
// An observation that must not link its two values (see identity.Reason) is stored, queued as a
// refusal, and answered with the cluster of its e-mail and what was refused. If both values are
// blocked, nothing is stored and the answer has no cluster. A value that is suppressed is treated as
// absent, and is refused in the answer.
//
// Observations must be normalized. Hundreds in one call are efficient, thousands are allowed.
func (l *Linker) Link(ctx context.Context, observations []identity.Observation) ([]identity.Cluster, error) {
	p, err := l.link(ctx, observations)
	if err != nil {
		return nil, err
	}
	return l.answers(p), nil
}

// answers returns the answers of a plan that was carried out.
func (l *Linker) answers(p *cluster.Plan) []identity.Cluster {
	answers := p.Answers()
	if l.hook != nil {
		l.hook(p.Counts(), answers)
	}
	return answers
}

// Import is Link for callers that need counts instead of clusters. The times of observations (SeenAt)
// make contacts and recorded pairs older, never younger, in whatever order they come.
func (l *Linker) Import(ctx context.Context, observations []identity.Observation) (cluster.Counts, error) {
	p, err := l.link(ctx, observations)
	if err != nil {
		return cluster.Counts{}, err
	}
	return p.Counts(), nil
}

func (l *Linker) link(ctx context.Context, observations []identity.Observation) (p *cluster.Plan, err error) {
	err = mysql.Repeat(ctx, ledger.Attempts, func() error {
		p, err = l.attempt(ctx, observations)
		return err
	})
	return p, mysql.Translate(err)
}

// attempt reads without locks and writes only when that shows something new.
func (l *Linker) attempt(ctx context.Context, observations []identity.Observation) (*cluster.Plan, error) {
	g, seen, err := l.ledger.Reader().ReadGraph(ctx, observations)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(observations, g.IsDecided) {
		if g, err = l.ledger.ReadSnapshot(ctx, observations); err != nil {
			return nil, err
		}
	}
	if p := cluster.NewPlan(g, l.policy, observations); !p.Changes() {
		return p, nil
	}
	return l.write(ctx, func(ctx context.Context, tx *ledger.Tx) (work, error) {
		g, err := tx.LockClusters(ctx, seen, observations)
		return work{g, seen, planOf(observations)}, err
	})
}

// work is what a transaction links: a graph of the clusters in which values were seen, all of them locked,
// and the plan to make of it.
type work struct {
	graph   *cluster.Graph
	matches ledger.Matches
	plan    func(*cluster.Graph, cluster.Policy) *cluster.Plan
}

func planOf(observations []identity.Observation) func(*cluster.Graph, cluster.Policy) *cluster.Plan {
	return func(g *cluster.Graph, policy cluster.Policy) *cluster.Plan {
		return cluster.NewPlan(g, policy, observations)
	}
}

// write links, in one transaction, what lock returns, and returns the plan that it wrote. A plan that adds
// suppressed values is rolled back and made again without them, and lock called again.
func (l *Linker) write(ctx context.Context, lock func(context.Context, *ledger.Tx) (work, error)) (p *cluster.Plan, err error) {
	suppressed := map[string]bool{}
	for {
		err = l.ledger.InTx(ctx, func(tx *ledger.Tx) error {
			held, err := lock(ctx, tx)
			if err != nil {
				return err
			}
			held.graph.Suppress(suppressed)
			if err := tx.ReadRules(ctx, held.graph, l.policy, held.matches.Contacts()); err != nil {
				return err
			}
			p = held.plan(held.graph, l.policy)
			if err := tx.WritePlan(ctx, p); err != nil {
				return err
			}
			return l.keys.Find(ctx, tx, p.Added(), suppressed)
		})
		if !errors.Is(err, suppression.ErrSuppressed) {
			return p, err
		}
	}
}
