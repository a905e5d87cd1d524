package main

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"
	"time"
)

func correction(k kind, p pair, status int) operation {
	return operation{kind: k, pair: p, status: status}
}

func valueOp(k kind, v value) operation {
	return operation{kind: k, value: v, status: http.StatusOK}
}

func apartOp(k kind, a, b value, status int) operation {
	return operation{kind: k, apart: [2]value{a, b}, status: status}
}

// saying is an answer with what was refused.
func saying(o operation, refused ...string) operation {
	o.answers[0].refused = refused
	return o
}

// tablesOf is what the tables hold after the operations, by the model, and then changed.
func tablesOf(change func(*state), operations ...*operation) *operation {
	var s state
	for _, o := range operations {
		s, _ = model{}.apply(s, o)
	}
	change(&s)
	return at(9, 9, operation{kind: final, stored: s})
}

// Fails when a forged answer or a forged table is explained, or a true one is not.
func TestOrder(t *testing.T) {
	t.Parallel()
	link := pair{e0, p0}
	first := at(0, 1, saw(link, e0, p0))
	same := func(*state) {}
	for name, c := range map[string]struct {
		history []*operation
		want    verdict
	}{
		"a retraction stays": {[]*operation{
			first, at(2, 3, correction(retract, link, 200)), at(4, 5, saying(saw(link, e0), "retracted phoneNumber")),
		}, explained},
		"a retraction is forgotten": {[]*operation{
			first, at(2, 3, correction(retract, link, 200)), at(4, 5, saw(link, e0, p0)),
		}, unexplained},
		"a retraction whose outcome is unknown": {[]*operation{
			first, at(2, 3, correction(retract, link, 503)), at(4, 5, saw(link, e0, p0)), at(6, 7, saying(saw(link, e0), "retracted phoneNumber")),
		}, explained},
		"it is undone by nobody": {[]*operation{
			first, at(2, 3, correction(retract, link, 503)), at(4, 5, saying(saw(link, e0), "retracted phoneNumber")), at(6, 7, saw(link, e0, p0)),
		}, unexplained},
		"a restoration that was refused without a reason": {[]*operation{
			first, at(2, 3, correction(retract, link, 200)), at(4, 5, correction(restore, link, 409)),
		}, unexplained},
		"separated contacts in one cluster": {[]*operation{
			at(0, 1, saw(pair{e0, none}, e0)), at(0, 1, saw(pair{e1, p1}, e1, p1)), at(2, 3, apartOp(separate, e0, e1, 200)),
			at(4, 5, saw(pair{e0, p1}, e0, e1, p1)),
		}, unexplained},
		"a separation that ended": {[]*operation{
			at(0, 1, saw(pair{e0, none}, e0)), at(0, 1, saw(pair{e1, p1}, e1, p1)), at(2, 3, apartOp(separate, e0, e1, 200)),
			at(4, 5, saying(saw(pair{e0, p1}, e0), "separated phoneNumber")), at(6, 7, apartOp(unseparate, e0, e1, 200)),
			at(8, 9, found(e0, e0, e1, p1)),
		}, explained},
		"a blocked value gathers others": {[]*operation{
			at(0, 1, valueOp(block, p0)), at(2, 3, saw(link, e0, p0)),
		}, unexplained},
		"a blocked value does not": {[]*operation{
			at(0, 1, valueOp(block, p0)), at(2, 3, saying(saw(link, e0), "blocked phoneNumber")),
		}, explained},
		"a block that ends in two transactions": {[]*operation{
			at(0, 1, valueOp(block, p0)), at(2, 3, saying(saw(link, e0), "blocked phoneNumber")),
			at(2, 3, saying(saw(pair{e1, p0}, e1), "blocked phoneNumber")), at(4, 9, valueOp(unblock, p0)),
			at(5, 6, saying(saw(link, e0), "blocked phoneNumber")), at(5, 6, found(p0, e1, p0)), at(10, 11, found(p0, e0, e1, p0)),
		}, explained},
		"two requests that end a block together": {[]*operation{
			at(0, 1, valueOp(block, p0)), at(2, 5, valueOp(unblock, p0)), at(3, 4, valueOp(unblock, p0)), at(6, 7, saw(link, e0, p0)),
		}, explained},
		"two that end it one after the other": {[]*operation{
			at(0, 1, valueOp(block, p0)), at(2, 3, valueOp(unblock, p0)), at(4, 5, valueOp(unblock, p0)),
		}, unexplained},
		"a block whose end leaves some out": {[]*operation{
			at(0, 1, valueOp(block, p0)), at(2, 3, saying(saw(link, e0), "blocked phoneNumber")),
			at(2, 3, saying(saw(pair{e1, p0}, e1), "blocked phoneNumber")), at(4, 9, valueOp(unblock, p0)),
			at(10, 11, found(p0, e1, p0)),
		}, unexplained},
		"an observation that is linked twice": {[]*operation{
			at(0, 9, disturbed(saying(saw(link, e0), "blocked phoneNumber"))), at(1, 2, found(e0, e0, p0)), at(3, 4, valueOp(block, p0)),
		}, explained},
		"an observation that was not disturbed is not": {[]*operation{
			at(0, 9, saying(saw(link, e0), "blocked phoneNumber")), at(1, 2, found(e0, e0, p0)), at(3, 4, valueOp(block, p0)),
		}, unexplained},
		"an erased value is there": {[]*operation{
			first, at(2, 3, valueOp(erase, e0)), at(4, 5, found(p0, e0, p0)),
		}, unexplained},
		"a suppressed value returns": {[]*operation{
			first, at(2, 3, valueOp(suppress, e0)), at(4, 5, saw(link, e0, p0)),
		}, unexplained},
		"two answers that see two operations in two orders": {[]*operation{
			at(0, 9, saw(link, e0, p0)), at(0, 9, saw(pair{e1, p1}, e1, p1)),
			at(1, 2, found(e0, e0, p0)), at(3, 4, found(e1)), at(1, 2, found(e1, e1, p1)), at(3, 4, found(e0)),
		}, unexplained},
		"the elements of a batch":  {[]*operation{at(0, 1, batchOf(saw(link, e0, p0), saw(pair{e1, p0}, e0, e1, p0)))}, explained},
		"a batch in a wrong order": {[]*operation{at(0, 1, batchOf(saw(link, e0, e1, p0), saw(pair{e1, p0}, e0, e1, p0)))}, unexplained},
		"the tables":               {[]*operation{first, tablesOf(same, first)}, explained},
		"a value is missing in the tables": {
			[]*operation{first, tablesOf(func(s *state) { s.known = setOf(e0) }, first)}, unexplained,
		},
		"a link is missing in the tables": {
			[]*operation{first, tablesOf(func(s *state) { *s.at(link) = unseen }, first)}, unexplained,
		},
		"a link is withheld in the tables": {
			[]*operation{first, tablesOf(func(s *state) { *s.at(link) = retracted }, first)}, unexplained,
		},
		"a value in the tables that nobody sent": {
			[]*operation{first, tablesOf(func(s *state) { s.known |= setOf(e2) }, first)}, unexplained,
		},
		"a block is missing in the tables": {
			[]*operation{at(0, 1, valueOp(block, p0)), at(2, 2, operation{kind: final, stored: state{known: setOf(p0)}})}, unexplained,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, text := findOrder(model{}, c.history); got != c.want {
				t.Errorf("got %v, want %v: %s", got, c.want, text)
			}
		})
	}
}

func disturbed(o operation) operation {
	o.disturbed = true
	return o
}

func batchOf(parts ...operation) operation {
	all := operation{kind: identify}
	for _, p := range parts {
		all.links, all.answers = append(all.links, p.links...), append(all.answers, p.answers...)
	}
	return all
}

// Fails when the search finds no order for what has one, or one for what a single answer makes impossible:
// operations of the model in a random order, with random times around it.
func TestOrderOfRandomHistories(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 3))
		history := randomHistory(random)
		if got, text := findOrder(model{}, history); got != explained {
			t.Fatalf("seed %d: %v: %s", seed, got, text)
		}
		last := history[len(history)-1]
		last.stored.known |= setOf(5) // which nobody sent
		if got, _ := findOrder(model{}, history); got != unexplained {
			t.Fatalf("seed %d: a forged table is %v", seed, got)
		}
	}
}

// randomHistory carries operations out on the model, and ends with what is stored.
func randomHistory(random *rand.Rand) []*operation {
	var now state
	var history []*operation
	anyPair := func() pair { return pair{value(random.IntN(3)), value(perKind + random.IntN(3))} }
	for n := range 40 {
		o := &operation{number: n, status: http.StatusOK, value: anyPair().phone, pair: anyPair()}
		o.kind = []kind{identify, identify, identify, lookUp, retract, restore, block, unblock}[random.IntN(8)]
		if o.kind == identify {
			o.links = []pair{anyPair()}
		}
		now = carryOut(now, o)
		o.start = time.Duration(n)*time.Second - time.Duration(random.IntN(3000))*time.Millisecond
		o.end = time.Duration(n)*time.Second + time.Duration(random.IntN(3000))*time.Millisecond
		if random.IntN(20) == 0 {
			o.status, o.answers = http.StatusServiceUnavailable, nil
		}
		history = append(history, o)
	}
	random.Shuffle(len(history), func(a, b int) { history[a], history[b] = history[b], history[a] })
	return append(history, &operation{kind: final, start: never - 1, end: never - 1, status: http.StatusOK, stored: now})
}

// carryOut answers an operation as the model does.
func carryOut(now state, o *operation) state {
	switch o.kind {
	case identify:
		o.answers = []answer{now.link(o.links[0])}
		return now
	case lookUp:
		o.answers = []answer{{status: http.StatusOK, values: now.component(o.value)}}
	default:
	}
	for _, o.status = range []int{http.StatusOK, http.StatusNotFound, http.StatusConflict} {
		if after, ok := (model{}).apply(now, o); ok {
			return after
		}
	}
	o.kind, o.links = identify, []pair{{o.pair.email, none}} // a retraction of what was never seen
	o.status, o.answers = http.StatusOK, []answer{now.link(o.links[0])}
	return now
}

// Fails when a value that moved to another contact for no reason is not found, or one with a reason is.
func TestIDs(t *testing.T) {
	t.Parallel()
	look := func(start int, members map[value]uint64) *operation {
		return at(start, start+1, operation{kind: lookUp, answers: []answer{{status: http.StatusOK, members: members}}})
	}
	for name, c := range map[string]struct {
		history []*operation
		want    int
	}{
		"it stays":             {[]*operation{look(0, map[value]uint64{e0: 1, p0: 1}), look(2, map[value]uint64{e0: 1, p0: 1})}, 0},
		"it moves":             {[]*operation{look(0, map[value]uint64{e0: 1}), look(2, map[value]uint64{e0: 2})}, 1},
		"it was erased":        {[]*operation{look(0, map[value]uint64{e0: 1}), at(2, 3, valueOp(erase, e0)), look(4, map[value]uint64{e0: 2})}, 0},
		"it was erased before": {[]*operation{at(0, 1, valueOp(erase, e0)), look(2, map[value]uint64{e0: 1}), look(4, map[value]uint64{e0: 2})}, 1},
		"the phone number of a divided contact": {[]*operation{
			look(0, map[value]uint64{e0: 1, p0: 1}), at(2, 3, correction(retract, pair{e0, p0}, 200)), look(4, map[value]uint64{e0: 1, p0: 2}),
		}, 0},
		"the e-mail address of a divided contact": {[]*operation{
			look(0, map[value]uint64{e0: 1, p0: 1}), at(2, 3, correction(retract, pair{e0, p0}, 200)), look(4, map[value]uint64{e0: 2, p0: 1}),
		}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := &island{operations: c.history}
			if got := checkIDs(i, &tables{}); len(got) != c.want {
				t.Errorf("got %v, want %d", got, c.want)
			}
		})
	}
}

// Fails when a schedule differs from the one that was drawn from the same seed.
func TestScheduleIsRepeated(t *testing.T) {
	t.Parallel()
	names := func(seed uint64) (all []string) {
		for _, list := range schedule(rand.New(rand.NewPCG(seed, 0)), processes, time.Minute, nil, true) {
			for _, f := range list {
				all = append(all, f.name+f.after.String())
			}
		}
		return all
	}
	if one, again := names(7), names(7); !slices.Equal(one, again) || len(one) < 10 {
		t.Errorf("%v; %v", one, again)
	}
	if slices.Equal(names(7), names(8)) {
		t.Error("two seeds give one schedule")
	}
}
