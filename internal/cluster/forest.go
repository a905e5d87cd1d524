package cluster

// Forest divides nodes into connected components (union-find). Each component is known by one of its
// nodes, its root. The zero Forest has no nodes. A node takes four bytes.
type Forest struct{ parents []uint32 }

// Add adds a node as a component of its own. Nodes are numbered from 0.
func (f *Forest) Add() uint32 {
	n := uint32(len(f.parents)) //nolint:gosec // 4 billion nodes would not fit into memory
	f.parents = append(f.parents, n)
	return n
}

// Root returns the root of a node's component.
func (f *Forest) Root(n uint32) uint32 {
	for f.parents[n] != n {
		f.parents[n] = f.parents[f.parents[n]] // so that the next search is shorter
		n = f.parents[n]
	}
	return n
}

// Unite makes one component of two, given by their roots. The first is the root of both.
func (f *Forest) Unite(root, other uint32) { f.parents[other] = root }
