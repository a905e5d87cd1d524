package main

import (
	"net/http"
	"slices"
)

// withInner returns the operations, and what they may have done before they did what they answered: a
// transaction of an unblock that was not its last, and an observation that was linked by a COMMIT without an
// answer, and then once more.
func withInner(operations []*operation) []*operation {
	join(operations)
	pairs := pairsOf(operations)
	all := slices.Clone(operations)
	for _, o := range operations {
		switch {
		case o.kind == identify && o.disturbed && o.known():
			all = append(all, &operation{
				number: o.number, kind: identify, process: o.process, start: o.start, end: o.end, links: o.links, inner: true,
			})
		case o.kind == unblock && (!o.known() || o.status == http.StatusOK):
			for _, p := range pairs {
				if p.set().has(o.value) {
					all = append(all, &operation{
						number: o.number, kind: partly, process: o.process, start: o.start, end: o.latest(), value: o.value, pair: p, inner: true,
					})
				}
			}
		}
	}
	return all
}

// join marks unblocks of one value that were under way at the same time.
func join(operations []*operation) {
	for n, o := range operations {
		for _, other := range operations[:n] {
			both := o.kind == unblock && other.kind == unblock && o.value == other.value
			if both && o.start <= other.latest() && other.start <= o.latest() {
				o.joined, other.joined = true, true
			}
		}
	}
}

// pairsOf lists the pairs that were sent.
func pairsOf(operations []*operation) []pair {
	var pairs []pair
	for _, o := range operations {
		for _, p := range o.links {
			if p.both() && !slices.Contains(pairs, p) {
				pairs = append(pairs, p)
			}
		}
	}
	return pairs
}
