package linker

import (
	"context"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/store"
)

// Read runs the statements by which a linker reads and locks what it knows of observations, as a
// transaction that links them does.
func (l *Linker) Read(ctx context.Context, q *store.Queries, observations []identity.Observation) (int, error) {
	seen, err := readGraph(ctx, q, observations)
	if err != nil {
		return 0, err
	}
	g, err := lockClusters(ctx, q, seen.matches, observations)
	if err != nil {
		return 0, err
	}
	if err := l.readRules(ctx, q, g, g.matched()); err != nil {
		return 0, err
	}
	p := &plan{graph: g, policy: l.policy}
	p.added = g.contacts()
	if err := p.readBack(ctx, q); err != nil {
		return 0, err
	}
	free, _, err := lockFree(ctx, q, []*request{{seen: g.matches}})
	if err != nil {
		return 0, err
	}
	return len(free[0].seen), l.findSuppressed(ctx, q, p.added, map[string]bool{})
}

// WithSteps returns a linker whose blocks, and their ends, take steps of so many observations, and which
// reads only a part of clusters that are larger. It lets small clusters show what large ones do.
func (l *Linker) WithSteps(size int) *Linker {
	with := *l
	with.bounds = bounds{step: size, shown: size, read: 2 * size}
	return &with
}

// WithReadBack returns a linker that reads the ids of new contacts, as it does on servers that do not
// promise consecutive ones.
func (l *Linker) WithReadBack() *Linker {
	with := *l
	with.readsBack = true
	return &with
}
