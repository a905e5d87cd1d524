package snapshot

import (
	"cmp"
	"slices"

	"github.com/identikit/identikit/internal/cluster"
)

// node is a contact in the graph of observations.
type node struct {
	id        uint64
	linkedID  uint64 // as stored; 0 for none
	createdAt int64  // Unix microseconds
	at        uint32 // position
	primary   bool   // as stored
	hasEmail  bool
	hasPhone  bool
	separated bool // as stored
	seen      bool // its own two values were observed together
}

// nodes holds all contacts by ascending id and their components, each under its oldest contact.
type nodes struct {
	all    []node
	forest cluster.Forest // by the positions in all
}

// add adds nodes in ascending id.
func (s *nodes) add(n node) {
	n.at = s.forest.Add()
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
func (s *nodes) oldest(n *node) *node { return &s.all[s.forest.Root(n.at)] }

func (s *nodes) union(a, b *node) {
	a, b = s.oldest(a), s.oldest(b)
	switch order := cmp.Or(cmp.Compare(a.createdAt, b.createdAt), cmp.Compare(a.id, b.id)); {
	case order < 0:
		s.forest.Unite(a.at, b.at)
	case order > 0:
		s.forest.Unite(b.at, a.at)
	}
}
