package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	// mostOrdered is how many operations a history may have that is searched for an order.
	mostOrdered = 512
	// searchSteps bounds one search. An ordinary history needs a few hundred.
	searchSteps = 3_000_000
)

// verdict is the result of a search for an order.
type verdict int

const (
	explained verdict = iota
	unexplained
	undecided // the search took too long
)

// findOrder looks for an order of the operations of an island that explains every answer: each operation
// happens at one moment between its beginning and its end, and is answered by what is stored then. One whose
// outcome is not known may also happen later, or not at all. (This is linearizability; the search is that of
// Wing, Gong and Lowe, which remembers where it has been.)
//
// If there is none, it returns the operations that end the longest explanation that was found.
func findOrder(m model, operations []*operation) (verdict, string) {
	s := &search{model: m, operations: byStart(withInner(operations)), seen: map[position]bool{}}
	if len(s.operations) > mostOrdered {
		return undecided, fmt.Sprintf("%d operations are too many", len(operations))
	}
	var initial state
	if s.from(initial) {
		return explained, ""
	}
	if s.steps >= searchSteps {
		return undecided, fmt.Sprintf("%d operations: no order after %d steps", len(operations), s.steps)
	}
	return unexplained, s.describe()
}

// search is a depth-first search.
type search struct {
	model      model
	operations []*operation
	done       bitmap
	seen       map[position]bool
	steps      int

	order   []*operation // of those that are done
	longest []*operation
	stuck   []*operation // what could have come next
	before  state
}

type bitmap [mostOrdered / 64]uint64

func (b *bitmap) has(i int) bool { return b[i/64]&(1<<(i%64)) != 0 }
func (b *bitmap) flip(i int)     { b[i/64] ^= 1 << (i % 64) }

type position struct {
	done  bitmap
	state state
}

// from reports whether the operations that are not done can be explained from a state.
func (s *search) from(now state) bool {
	next := s.candidates()
	if !slices.ContainsFunc(next, func(i int) bool { return s.operations[i].known() }) {
		return true // candidates always include the known operation that ended first
	}
	s.remember(next, now)
	for _, i := range next {
		o := s.operations[i]
		after, ok := s.model.apply(now, o)
		if !ok || !o.known() && after == now {
			continue
		}
		s.done.flip(i)
		at := position{s.done, after}
		if s.steps < searchSteps && !s.seen[at] {
			s.steps++
			s.seen[at] = true
			s.order = append(s.order, o)
			if s.from(after) {
				return true
			}
			s.order = s.order[:len(s.order)-1]
		}
		s.done.flip(i)
	}
	return false
}

// candidates are the operations that may come next: they began before any other had to be over. Those whose
// outcome is known are first.
func (s *search) candidates() []int {
	end, now := never, time.Duration(0)
	for i, o := range s.operations {
		switch {
		case s.done.has(i):
			now = max(now, o.start)
		case !o.inner: // which need not happen
			end = min(end, o.latest())
		}
	}
	var known, others []int
	for i, o := range s.operations {
		switch {
		case o.start > end:
			return append(known, others...)
		case s.done.has(i), o.latest() < now:
		case o.known():
			known = append(known, i)
		default:
			others = append(others, i)
		}
	}
	return append(known, others...)
}

func (s *search) remember(next []int, now state) {
	if len(s.order) < len(s.longest) {
		return
	}
	s.longest, s.before = slices.Clone(s.order), now
	s.stuck = nil
	for _, i := range next {
		s.stuck = append(s.stuck, s.operations[i])
	}
}

// describe tells where the longest explanation ends.
func (s *search) describe() string {
	var text strings.Builder
	fmt.Fprintf(&text, "no order explains the answers; the longest has %d of %d operations. Its last:", len(s.longest), len(s.operations))
	for _, o := range s.longest[max(0, len(s.longest)-8):] {
		fmt.Fprintf(&text, "\n      %v", o)
	}
	fmt.Fprintf(&text, "\n    state: %v\n    next would have to be one of:", &s.before)
	for _, o := range s.stuck {
		fmt.Fprintf(&text, "\n      %v", o)
		if o.kind == final {
			fmt.Fprintf(&text, " %v", &o.stored)
		}
	}
	return text.String()
}

// String lists clusters and decisions.
func (s *state) String() string {
	var text strings.Builder
	for rest := s.known; rest != 0; {
		c := s.component(rest.values()[0])
		rest &^= c
		fmt.Fprintf(&text, "%v ", c)
	}
	for i, r := range s.pairs {
		if r != unseen && r != links {
			fmt.Fprintf(&text, "%v %v; ", pairAt(i), r)
		}
	}
	fmt.Fprintf(&text, "blocked %v, ending %v, suppressed %v, apart %x", s.blocked, s.ending, s.suppressed, s.apart)
	return text.String()
}
