package evidence

import (
	"cmp"
	"slices"
)

// Bridge is an observation, or a value with all its observations, without which the values that it
// connects fall apart.
type Bridge struct {
	Observation uint64 // 0 if the bridge is a value
	Value       Value  // zero if the bridge is an observation
	Parts       []int  // number of values in each part, largest first, not counting the value itself
}

// Bridges returns every bridge. The most even split, which leaves the most values outside its
// largest part, comes first; equal ones are sorted by observation id, then by the order of values.
func (g *Graph) Bridges() []Bridge {
	s := &search{
		graph: g,
		order: make([]int, len(g.values)),
		low:   make([]int, len(g.values)),
		size:  make([]int, len(g.values)),
		parts: make([][]int, len(g.values)),
	}
	var found []Bridge
	for i := range g.values {
		if s.order[i] == 0 {
			found = append(found, s.component(i)...)
		}
	}
	slices.SortStableFunc(found, func(a, b Bridge) int {
		return cmp.Or(
			cmp.Compare(b.outside(), a.outside()),
			cmp.Compare(kind(a), kind(b)),
			cmp.Compare(a.Observation, b.Observation),
			cmp.Compare(g.index[a.Value], g.index[b.Value]),
		)
	})
	return found
}

// outside counts the values outside the largest part.
func (b Bridge) outside() int {
	n := 0
	for _, part := range b.Parts[1:] {
		n += part
	}
	return n
}

func kind(b Bridge) int {
	if b.Observation != 0 {
		return 0
	}
	return 1
}

// search is Tarjan's depth-first search with an explicit stack, because a chain may be thousands of
// values long. Slices are indexed by the position of the value in the graph.
type search struct {
	graph    *Graph
	order    []int   // the order in which values were found, from 1; 0 if not found yet
	low      []int   // the earliest value that the subtree reaches on another path
	size     []int   // of the subtree
	parts    [][]int // sizes of the subtrees that are cut off without the value
	found    []int   // the values in that order
	observed []cut
}

// cut is an observation and the number of values that are cut off without it.
type cut struct {
	observation uint64
	size        int
}

// frame is a value on the path from the start to the current value.
type frame struct {
	at   int
	by   uint64 // the observation by which it was found; 0 for the start
	next int    // the next edge
}

// component returns the bridges among the values connected with start.
func (s *search) component(start int) []Bridge {
	s.found, s.observed = nil, nil
	s.descend(start)
	all := len(s.found)
	var bridges []Bridge
	for _, c := range s.observed {
		bridges = append(bridges, Bridge{Observation: c.observation, Parts: descending([]int{c.size, all - c.size})})
	}
	for _, at := range s.found {
		parts, rest := s.parts[at], all-1
		for _, part := range parts {
			rest -= part
		}
		if rest > 0 {
			parts = append(parts, rest)
		}
		if len(parts) > 1 {
			bridges = append(bridges, Bridge{Value: s.graph.values[at], Parts: descending(parts)})
		}
	}
	return bridges
}

func descending(sizes []int) []int {
	slices.SortFunc(sizes, func(a, b int) int { return cmp.Compare(b, a) })
	return sizes
}

func (s *search) descend(start int) {
	s.enter(start)
	way := []frame{{at: start}}
	for len(way) > 0 {
		f := &way[len(way)-1]
		if f.next == len(s.graph.edges[f.at]) {
			way = way[:len(way)-1]
			if len(way) > 0 {
				s.leave(way[len(way)-1].at, f.at, f.by)
			}
			continue
		}
		e := s.graph.edges[f.at][f.next]
		f.next++
		switch {
		case e.observation == f.by: // the edge back to the parent
		case s.order[e.to] != 0:
			s.low[f.at] = min(s.low[f.at], s.order[e.to])
		default:
			s.enter(e.to)
			way = append(way, frame{at: e.to, by: e.observation})
		}
	}
}

func (s *search) enter(at int) {
	s.found = append(s.found, at)
	s.order[at], s.low[at], s.size[at] = len(s.found), len(s.found), 1
}

// leave returns from child, whose subtree is complete, to parent.
func (s *search) leave(parent, child int, by uint64) {
	s.size[parent] += s.size[child]
	s.low[parent] = min(s.low[parent], s.low[child])
	if s.low[child] >= s.order[parent] {
		s.parts[parent] = append(s.parts[parent], s.size[child])
	}
	if s.low[child] > s.order[parent] {
		s.observed = append(s.observed, cut{by, s.size[child]})
	}
}
