package snapshot

import (
	"cmp"
	"slices"
)

// node is a contact in the graph of observations.
type node struct {
	id        uint64
	linkedID  uint64 // as stored; 0 for none
	createdAt int64  // Unix microseconds
	parent    uint32 // position of an older node of the same component, or its own
	primary   bool   // as stored
	hasEmail  bool
	hasPhone  bool
	separated bool // as stored
	seen      bool // its own two values were observed together
}

// nodes holds all contacts by ascending id and their components: a union-find structure in which
// the root is the oldest of its component.
type nodes struct {
	all []node
}

// add adds nodes in ascending id.
func (s *nodes) add(n node) {
	n.parent = uint32(len(s.all)) //nolint:gosec // 4 billion contacts would not fit into memory
	s.all = append(s.all, n)
}

// byID returns nil if there is no such node. The result is valid until the next add.
func (s *nodes) byID(id uint64) *node {
	i, found := slices.BinarySearchFunc(s.all, id, func(n node, id uint64) int { return cmp.Compare(n.id, id) })
	if !found {
		return nil
	}
	return &s.all[i]
}

// oldest returns the oldest node of n's component.
func (s *nodes) oldest(n *node) *node {
	for {
		parent := &s.all[n.parent]
		if parent == n {
			return n
		}
		n.parent = parent.parent // path halving
		n = parent
	}
}

func (s *nodes) union(a, b *node) {
	a, b = s.oldest(a), s.oldest(b)
	switch order := cmp.Or(cmp.Compare(a.createdAt, b.createdAt), cmp.Compare(a.id, b.id)); {
	case order < 0:
		b.parent = a.parent
	case order > 0:
		a.parent = b.parent
	}
}
