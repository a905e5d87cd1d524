// Package evidence explains clusters from what was observed: which chain of observations joins two
// values, which observation or value a cluster hangs on, and how large the parts are without one.
// It is pure computation on the evidence of one cluster; it reads and writes nothing. Time and
// memory grow linearly with values and observations.
package evidence

import (
	"slices"

	"github.com/identikit/identikit/internal/identity"
)

// Value is an identifier as a node: the e-mail or the phone number that a contact holds.
type Value struct {
	Contact uint64
	Field   identity.Field
}

// Observation is an edge: this e-mail and this phone number were seen together.
type Observation struct {
	ID           uint64 // not 0
	Email, Phone uint64 // the contacts that hold them
}

// Graph is values and the observations between them. Make one with New. It never changes and is safe
// for concurrent use.
type Graph struct {
	values []Value
	index  map[Value]int
	edges  [][]edge // by the position of one end in values
}

type edge struct {
	observation uint64
	to          int
}

// New returns the graph of values and observations, each given once. Observations of values that are
// not given are left out.
func New(values []Value, observations []Observation) *Graph {
	g := &Graph{values: slices.Clone(values), index: make(map[Value]int, len(values)), edges: make([][]edge, len(values))}
	for i, v := range values {
		g.index[v] = i
	}
	for _, o := range observations {
		e, known := g.index[Value{o.Email, identity.FieldEmail}]
		p, both := g.index[Value{o.Phone, identity.FieldPhone}]
		if known && both {
			g.edges[e] = append(g.edges[e], edge{o.ID, p})
			g.edges[p] = append(g.edges[p], edge{o.ID, e})
		}
	}
	return g
}

// Path returns the ids of a shortest chain of observations from any of some values to any of
// others, in order. It is empty when one value is in both, and nil when nothing connects them.
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

// positions leaves out values that the graph does not have.
func (g *Graph) positions(values []Value) []int {
	var positions []int
	for _, v := range values {
		if i, known := g.index[v]; known {
			positions = append(positions, i)
		}
	}
	return positions
}

// step is how a walk came to a value; from is negative where it began.
type step struct {
	from        int
	observation uint64
}

// walk visits, and marks as seen, all that was not seen yet and is connected with start, nearest
// first, until visit returns false.
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
