// Package evidence explains clusters by their observations: the chain of observations that connects
// two values, the observations and values that hold a cluster together, and the size of the parts
// without one of them. It is pure computation on the evidence of one cluster. Time and memory grow
// linearly with values and observations.
package evidence

import (
	"slices"

	"github.com/identikit/identikit/internal/identity"
)

// Value is a node: the e-mail address or the phone number that a contact holds.
type Value struct {
	Contact uint64
	Field   identity.Field
}

// Edge is an observation: an e-mail address and a phone number that were seen together.
type Edge struct {
	ID           uint64 // not 0
	Email, Phone uint64 // the contacts that hold them
}

// Graph is a set of values and the observations between them. Create one with New. It is immutable
// and safe for concurrent use.
type Graph struct {
	values []Value
	index  map[Value]int
	edges  [][]end // indexed by the position of one end in values
}

type end struct {
	observation uint64
	to          int
}

// New returns the graph of values and observations, each given once. Observations of other values
// are left out.
func New(values []Value, observations []Edge) *Graph {
	g := &Graph{values: slices.Clone(values), index: make(map[Value]int, len(values)), edges: make([][]end, len(values))}
	for i, v := range values {
		g.index[v] = i
	}
	for _, o := range observations {
		e, known := g.index[Value{o.Email, identity.FieldEmail}]
		p, both := g.index[Value{o.Phone, identity.FieldPhone}]
		if known && both {
			g.edges[e] = append(g.edges[e], end{o.ID, p})
			g.edges[p] = append(g.edges[p], end{o.ID, e})
		}
	}
	return g
}

// Path returns the ids of a shortest chain of observations from any value in from to any value in
// to, in order. It is empty if a value is in both, and nil if nothing connects them.
func (g *Graph) Path(from, to []Value) []uint64 {
	goal := make(map[int]bool, len(to))
	for _, i := range g.positions(to) {
		goal[i] = true
	}
	came := map[int]step{}
	var path []uint64
	g.walk(make([]bool, len(g.values)), g.positions(from), func(at int, by step) bool {
		came[at] = by
		if !goal[at] {
			return true
		}
		path = []uint64{}
		for by.from >= 0 {
			path = append(path, by.observation)
			by = came[by.from]
		}
		slices.Reverse(path)
		return false
	})
	return path
}

// positions returns the positions of values and leaves out those that are not in the graph.
func (g *Graph) positions(values []Value) []int {
	var positions []int
	for _, v := range values {
		if i, known := g.index[v]; known {
			positions = append(positions, i)
		}
	}
	return positions
}

// step is how a walk reached a value. from is negative at the start.
type step struct {
	from        int
	observation uint64
}

// walk visits and marks as seen all unseen values connected with start, nearest first, until visit
// returns false.
func (g *Graph) walk(seen []bool, start []int, visit func(at int, by step) bool) {
	type stop struct {
		at int
		by step
	}
	var queue []stop
	reach := func(at int, by step) {
		if !seen[at] {
			seen[at] = true
			queue = append(queue, stop{at, by})
		}
	}
	for _, i := range start {
		reach(i, step{from: -1})
	}
	for n := 0; n < len(queue); n++ {
		s := queue[n]
		if !visit(s.at, s.by) {
			return
		}
		for _, e := range g.edges[s.at] {
			reach(e.to, step{s.at, e.observation})
		}
	}
}
