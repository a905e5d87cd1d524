package main

import (
	"maps"
	"slices"
	"time"
)

const (
	statusOK          = 200
	statusUnavailable = 503
	noAnswer          = 0  // the connection broke or the client gave up
	noRetryAfter      = -1 // 503 that does not say when to come back
)

// tally is what callers have counted. Its zero value is ready. It is not safe for concurrent use.
type tally struct {
	requests int
	statuses map[int]int
	known    []time.Time // when a known value was answered with 200
	changes  []time.Time // when a change was answered with 200
	lookups  []time.Time // when a look-up was
	longest  time.Duration
	wrong    []string
}

// note counts an answer.
func (t *tally) note(status int, took time.Duration) {
	if t.statuses == nil {
		t.statuses = map[int]int{}
	}
	t.requests++
	t.statuses[status]++
	t.longest = max(t.longest, took)
}

func (t *tally) add(o *tally) {
	if t.statuses == nil {
		t.statuses = map[int]int{}
	}
	t.requests += o.requests
	for status, n := range o.statuses {
		t.statuses[status] += n
	}
	t.known, t.changes, t.lookups = append(t.known, o.known...), append(t.changes, o.changes...), append(t.lookups, o.lookups...)
	t.longest = max(t.longest, o.longest)
	t.wrong = append(t.wrong, o.wrong...)
}

// others returns the statuses besides 200 and 503.
func (t *tally) others() []int {
	var others []int
	for _, status := range slices.Sorted(maps.Keys(t.statuses)) {
		if status != statusOK && status != statusUnavailable {
			others = append(others, status)
		}
	}
	return others
}

// gap is a time without a success.
type gap struct{ from, to time.Time }

func (g gap) length() time.Duration { return g.to.Sub(g.from) }

// longestGap returns the longest time without one of the successes that ends after from. A time without
// one lasts until to at most.
func longestGap(successes []time.Time, from, to time.Time) gap {
	sorted := slices.Clone(successes)
	slices.SortFunc(sorted, time.Time.Compare)
	var longest gap
	last := from
	for _, s := range append(sorted, to) {
		if s.Before(from) {
			last = s
			continue
		}
		if s.After(to) {
			s = to
		}
		if g := (gap{last, s}); g.length() > longest.length() {
			longest = g
		}
		last = s
	}
	return longest
}
