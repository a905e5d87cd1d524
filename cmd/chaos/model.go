package main

import (
	"net/http"
	"slices"
)

// model is what the operations of an island do, as docs/corrections.md has it.
type model struct {
	ids map[pair]uint64 // of the observations, which say in which order they link again
}

// apply returns the state after an operation, and whether its answer is what it must be if it happens in
// state s. The answer of an operation whose outcome is not known is not looked at.
func (m model) apply(s state, o *operation) (state, bool) {
	switch o.kind {
	case identify:
		return m.identify(s, o)
	case lookUp:
		return s, m.lookUp(&s, o)
	case final:
		o.stored.suppressed = s.suppressed // the tables have only digests of them
		return s, s == o.stored
	case erase, suppress:
		return m.erase(s, o)
	default:
	}
	if o.known() && o.status != http.StatusOK {
		return s, m.mayRefuse(&s, o)
	}
	return m.correct(s, o)
}

// identify links the pairs in their order.
func (m model) identify(s state, o *operation) (state, bool) {
	for i, p := range o.links {
		want := s.link(p)
		if !o.known() {
			continue
		}
		got := answer{status: o.status}
		if i < len(o.answers) {
			got = o.answers[i]
		}
		if got.status != want.status || got.values != want.values || !slices.Equal(got.refused, want.refused) {
			return s, false
		}
	}
	return s, true
}

// link links one pair, and returns its answer.
func (s *state) link(p pair) answer {
	var a answer
	for _, v := range []*value{&p.email, &p.phone} {
		if s.suppressed.has(*v) && !s.known.has(*v) {
			a.refused = append(a.refused, refusalOf("erased", *v))
			*v = none
		}
	}
	why := links
	if p.both() {
		why = s.place(p)
	} else {
		s.known |= p.set()
	}
	own := none
	for _, v := range []value{p.email, p.phone} {
		switch {
		case v == none:
		case s.blocked.has(v):
			a.refused = append(a.refused, refusalOf("blocked", v))
		case own == none:
			own = v
		case why != links:
			a.refused = append(a.refused, refusalOf(why.String(), v))
		}
	}
	if own == none {
		return answer{status: http.StatusUnprocessableEntity}
	}
	a.status, a.values = http.StatusOK, s.component(own)
	return a
}

// place records a pair, and returns why it does not link.
func (s *state) place(p pair) reason {
	at := s.at(p)
	if *at != unseen && *at != separated {
		return *at
	}
	why := s.refusal(p)
	if s.blocked&p.set() != p.set() { // else it identifies nobody, and nothing is stored
		s.known |= p.set()
		*at = why
	}
	return why
}

func refusalOf(code string, v value) string {
	if v.isEmail() {
		return code + " email"
	}
	return code + " phoneNumber"
}

func (m model) lookUp(s *state, o *operation) bool {
	if !o.known() {
		return true
	}
	if !s.known.has(o.value) {
		return o.status == http.StatusNotFound
	}
	return o.status == http.StatusOK && o.answers[0].values == s.component(o.value)
}

// erase deletes a value with what was observed of it.
func (m model) erase(s state, o *operation) (state, bool) {
	if !s.known.has(o.value) {
		return s, !o.known() || o.status == http.StatusNotFound
	}
	if o.known() && o.status != http.StatusOK {
		return s, false
	}
	gone := setOf(o.value)
	s.known &^= gone
	s.blocked &^= gone
	s.ending &^= gone
	for i := range s.pairs {
		if pairAt(i).set().has(o.value) {
			s.pairs[i] = unseen
		}
	}
	if o.kind == suppress {
		s.suppressed |= gone
	}
	return s, true
}
