package main

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

const e0, e1, e2, p0, p1, p2 value = 0, 1, 2, perKind, perKind + 1, perKind + 2

// at is an operation that began and ended at these seconds.
func at(start, end int, o operation) *operation {
	o.number, o.start, o.end = start, time.Duration(start)*time.Second, time.Duration(end)*time.Second
	if o.status == 0 {
		o.status = http.StatusOK
	}
	return &o
}

// saw is an observation, or one value, and the cluster in its answer.
func saw(p pair, values ...value) operation {
	return operation{kind: identify, links: []pair{p}, answers: []answer{{status: http.StatusOK, values: setOf(values...)}}}
}

// found is a look-up and the cluster in its answer; none if there was none.
func found(v value, values ...value) operation {
	if len(values) == 0 {
		return operation{kind: lookUp, value: v, status: http.StatusNotFound, answers: []answer{{status: http.StatusNotFound}}}
	}
	return operation{kind: lookUp, value: v, answers: []answer{{status: http.StatusOK, values: setOf(values...)}}}
}

// lost is an observation whose outcome is not known.
func lost(p pair) operation {
	return operation{kind: identify, links: []pair{p}, status: http.StatusServiceUnavailable, answers: []answer{{}}}
}

// Fails when a history that no order of its operations explains is taken for a good one, or a good one is
// not.
func TestGrowth(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		history []*operation
		want    string // part of the finding; "" for none
	}{
		"two answers in the order of their operations": {
			[]*operation{at(0, 1, saw(pair{e0, p0}, e0, p0)), at(2, 3, saw(pair{e1, p0}, e0, p0, e1))}, "",
		},
		"concurrent operations in the other order": {
			[]*operation{at(0, 9, saw(pair{e0, p0}, e0, p0, e1)), at(1, 8, saw(pair{e1, p0}, e1, p0))}, "",
		},
		"an unknown outcome that took place late": {
			[]*operation{at(0, 1, lost(pair{e0, p0})), at(2, 3, found(e0)), at(4, 5, saw(pair{e0, none}, e0, p0))}, "",
		},
		"the answer lacks what was sent": {
			[]*operation{at(0, 1, saw(pair{e0, p0}, e0))}, "lacks",
		},
		"an acknowledged link is forgotten": {
			[]*operation{at(0, 1, saw(pair{e0, p0}, e0, p0)), at(2, 3, saw(pair{e0, none}, e0))}, "contradicts",
		},
		"an acknowledged value is forgotten": {
			[]*operation{at(0, 1, saw(pair{e0, none}, e0)), at(2, 3, found(e0))}, "contradicts",
		},
		"an answer goes back to before another answer": {
			[]*operation{
				at(0, 9, lost(pair{e0, p0})), at(0, 1, saw(pair{e0, none}, e0)), at(2, 3, saw(pair{e0, none}, e0, p0)), at(4, 5, saw(pair{e0, none}, e0)),
			}, "contradicts",
		},
		"nobody has sent the link": {
			[]*operation{at(0, 1, saw(pair{e0, p0}, e0, p0)), at(0, 1, saw(pair{e1, p1}, e1, p1)), at(2, 3, saw(pair{e0, none}, e0, p0, e1, p1))}, "connects",
		},
		"the link is sent later": {
			[]*operation{at(0, 1, saw(pair{e0, none}, e0, p0)), at(2, 3, saw(pair{e0, p0}, e0, p0))}, "connects",
		},
		"of equal answers, the one that would have linked is the later one": {
			[]*operation{
				at(0, 1, saw(pair{e0, none}, e0)), at(2, 3, saw(pair{none, p0}, e0, p0)), at(4, 5, saw(pair{e0, p0}, e0, p0)),
			}, "connects",
		},
		"two clusters overlap": {
			[]*operation{at(0, 9, saw(pair{e0, p0}, e0, p0)), at(0, 9, saw(pair{e1, p0}, e1, p0))}, "overlap",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := strings.Join(checkGrowth(c.history), "; ")
			if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
