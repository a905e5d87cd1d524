package survey

import (
	"cmp"
	"slices"

	"github.com/identikit/identikit/internal/identity"
)

// group is a cluster or a hub while it is counted: what has its members in one index.
type group struct {
	id      uint64 // of the primary, or of the contact that has the value
	field   identity.Field
	members int
}

// top keeps the largest groups. Of groups of one size it keeps those that came first.
type top struct {
	size, least int // how many it keeps, and how many members a group must have
	groups      []group
}

// enough is the number of members that another group must have to be kept.
func (t *top) enough() int {
	if len(t.groups) < t.size {
		return t.least
	}
	return t.groups[t.size-1].members + 1
}

func (t *top) add(g group) {
	if g.members < t.enough() {
		return
	}
	at, _ := slices.BinarySearchFunc(t.groups, g, func(a, b group) int {
		return cmp.Or(cmp.Compare(b.members, a.members), -1) // after those of its size
	})
	t.groups = slices.Insert(t.groups, at, g)
	t.groups = t.groups[:min(len(t.groups), t.size)]
}
