// Package cluster has the pure parts of clustering: no database, no context.
package cluster

// Forest is a union-find structure: a set of nodes, divided into trees. The zero value is empty. It
// is not safe for concurrent use.
type Forest struct{ parents []uint32 }

// Add adds a node, which is a tree of its own, and returns its number. Numbers ascend from 0.
func (f *Forest) Add() uint32 {
	n := uint32(len(f.parents)) //nolint:gosec // four billion nodes do not fit in memory
	f.parents = append(f.parents, n)
	return n
}

// Find returns the root of the tree of a node.
func (f *Forest) Find(n uint32) uint32 {
	for f.parents[n] != n {
		f.parents[n] = f.parents[f.parents[n]] // shortens the way for the next call
		n = f.parents[n]
	}
	return n
}

// Link joins two trees. child and root must be roots; root remains one.
func (f *Forest) Link(child, root uint32) { f.parents[child] = root }
