package main

import (
	"fmt"
	"net/http"
	"time"
)

// moment is one observation or one look-up of a history in which clusters only grow, and the time in which
// it must have happened.
type moment struct {
	of          *operation
	sent        set
	links       bool          // whether it links what was sent; if not, it looks it up
	saw         set           // the cluster in its answer; empty if it has none, or nothing was found
	nothing     bool          // a look-up that found nothing
	first, last time.Duration // when it can have happened
}

// checkGrowth checks a history without corrections, of any length. There, each answer is the component of
// what was linked before it. So an observation with one value inside and one value outside of an answer
// happened after it; and two answers have no value in common, or one of them has all values of the other and
// is not older. Both narrow the times between which each observation happened. Nothing is searched: there is
// no order if such a time becomes empty, or if what can have happened before an answer does not connect its
// values.
//
// It returns one text for each contradiction.
func checkGrowth(operations []*operation) []string {
	moments := momentsOf(operations)
	findings := crossings(moments)
	if len(findings) > 0 {
		return findings
	}
	for narrow(moments) {
	}
	for _, m := range moments {
		if m.first > m.last {
			findings = append(findings, fmt.Sprintf("it contradicts what others saw before it or after it: %v", m.of))
		}
	}
	if len(findings) > 0 {
		return findings
	}
	return disconnected(moments)
}

func momentsOf(operations []*operation) []*moment {
	var moments []*moment
	for _, o := range byStart(withInner(operations)) {
		if o.kind == lookUp && !o.known() {
			continue
		}
		if o.kind == lookUp {
			m := &moment{of: o, sent: setOf(o.value), nothing: o.status == http.StatusNotFound, first: o.start, last: o.end}
			if len(o.answers) > 0 {
				m.saw = o.answers[0].values
			}
			moments = append(moments, m)
			continue
		}
		for i, p := range o.links {
			m := &moment{of: o, sent: p.set(), links: true, first: o.start, last: o.latest()}
			if o.known() && i < len(o.answers) {
				m.saw = o.answers[i].values
			}
			moments = append(moments, m)
		}
	}
	return moments
}

// crossings finds answers without what was sent, and answers that overlap.
func crossings(moments []*moment) []string {
	var findings []string
	for i, m := range moments {
		if m.saw != 0 && m.sent&^m.saw != 0 {
			findings = append(findings, fmt.Sprintf("the answer lacks %v: %v", m.sent&^m.saw, m.of))
		}
		for _, other := range moments[:i] {
			if common := m.saw & other.saw; common != 0 && common != m.saw && common != other.saw {
				findings = append(findings, fmt.Sprintf("two clusters overlap, and none has all values of the other: %v; %v", other.of, m.of))
			}
		}
	}
	return findings
}

// isBefore reports whether m must have happened before other.
func (m *moment) isBefore(other *moment) bool {
	switch {
	case m.saw != 0 && other.links && m.saw&other.sent != 0 && other.sent&^m.saw != 0,
		m.saw != 0 && m.saw != other.saw && m.saw&other.saw == m.saw,
		m.nothing && m.sent&(other.saw|other.sent) != 0 && !other.nothing:
		return true
	}
	return false
}

// narrow narrows the times of the moments, and reports whether one changed.
func narrow(moments []*moment) (changed bool) {
	for _, m := range moments {
		for _, other := range moments {
			if m == other || !m.isBefore(other) {
				continue
			}
			if other.first < m.first {
				other.first, changed = m.first, true
			}
			if m.last > other.last {
				m.last, changed = other.last, true
			}
			if m.first > m.last || other.first > other.last {
				return false // there is no order; do not narrow for ever
			}
		}
	}
	return changed
}

// disconnected finds clusters whose values nothing can have connected. Of the answers with the same cluster,
// one is the first: the observations of the others come after it.
func disconnected(moments []*moment) []string {
	same := map[set][]*moment{}
	for _, m := range moments {
		if m.saw != 0 {
			same[m.saw] = append(same[m.saw], m)
		}
	}
	var findings []string
	for cluster, answers := range same {
		if !startsWithAny(cluster, answers, moments) {
			findings = append(findings, fmt.Sprintf("nothing before the answer connects its values: %v", answers[0].of))
		}
	}
	return findings
}

// startsWithAny reports whether one of the answers with a cluster can be the first.
func startsWithAny(cluster set, answers, moments []*moment) bool {
	end := never
	for _, m := range answers {
		end = min(end, m.last)
	}
	for _, first := range answers {
		if first.first <= end && connects(cluster, first, moments) {
			return true
		}
	}
	return false
}

// connects reports whether the first answer with a cluster can have seen its values connected.
func connects(cluster set, first *moment, moments []*moment) bool {
	var before []set
	for _, m := range moments {
		inside := m.links && m.sent&^cluster == 0 && m.first <= first.last
		if inside && (m == first || m.saw == 0 || m.saw != cluster && m.saw&^cluster == 0) {
			before = append(before, m.sent)
		}
	}
	found := first.sent
	for grown := set(0); grown != found; {
		grown = found
		for _, link := range before {
			if link&found != 0 {
				found |= link
			}
		}
	}
	if !first.links && len(before) == 0 {
		return false
	}
	return found == cluster
}
