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

// mayRefuse reports whether a correction may be refused with its status.
func (m model) mayRefuse(s *state, o *operation) bool {
	if o.status == http.StatusNotFound {
		switch o.kind {
		case unseparate:
			return s.apart&apartBit(o.apart) == 0
		case unblock:
			return !(s.blocked | s.ending).has(o.value)
		case accept: // the refusal is gone
			return true
		default:
		}
	}
	return o.status == http.StatusConflict && m.conflicts(s, o)
}

// conflicts reports whether a correction contradicts what was decided.
func (m model) conflicts(s *state, o *operation) bool {
	switch o.kind {
	case separate:
		return s.component(o.apart[0]).has(o.apart[1])
	case block: // a value that is kept out is not stored
		return s.suppressed.has(o.value) && !s.known.has(o.value)
	case restore:
		at := *s.at(o.pair)
		return at != links && (at != retracted || s.refusal(o.pair) != links)
	case accept: // the refusal was closed
		return true
	default:
	}
	return false
}

// correct carries a correction out. It is not explained if it should have been refused.
func (m model) correct(s state, o *operation) (state, bool) {
	switch o.kind {
	case retract:
		if *s.at(o.pair) == unseen {
			return s, !o.known()
		}
		*s.at(o.pair) = retracted
	case restore, accept:
		return m.linkAgain(s, o)
	case separate:
		if s.component(o.apart[0]).has(o.apart[1]) {
			return s, !o.known()
		}
		s.apart |= apartBit(o.apart)
	case unseparate:
		if s.apart&apartBit(o.apart) == 0 {
			return s, !o.known()
		}
		both := s.component(o.apart[0]) | s.component(o.apart[1])
		s.apart &^= apartBit(o.apart)
		s.decideAgain(s.withheld(separated, func(p pair) bool { return p.set()&^both == 0 }, m.ids))
	case block:
		if s.suppressed.has(o.value) && !s.known.has(o.value) {
			return s, !o.known()
		}
		s.known |= setOf(o.value)
		s.blocked |= setOf(o.value)
		s.ending &^= setOf(o.value)
		for i, r := range s.pairs {
			if r == links && pairAt(i).set().has(o.value) {
				s.pairs[i] = blocked
			}
		}
	case unblock, partly:
		return m.unblock(s, o)
	default:
	}
	return s, true
}

// unblock ends a block. The service may take several transactions for that: where observations were withheld
// while it looked for them, the first one leaves some out.
func (m model) unblock(s state, o *operation) (state, bool) {
	if !(s.blocked | s.ending).has(o.value) {
		return s, !o.known()
	}
	if o.kind == partly && *s.at(o.pair) != blocked {
		return s, true
	}
	s.blocked &^= setOf(o.value)
	if o.kind == partly {
		s.ending |= setOf(o.value)
		s.decideAgain([]pair{o.pair})
		return s, true
	}
	s.ending &^= setOf(o.value)
	s.decideAgain(s.withheld(blocked, func(p pair) bool { return p.set().has(o.value) }, m.ids))
	return s, true
}

// linkAgain restores a pair, or accepts its refusal.
func (m model) linkAgain(s state, o *operation) (state, bool) {
	at := s.at(o.pair)
	switch {
	case *at == links:
		return s, true
	case *at == unseen,
		o.kind == restore && *at != retracted,
		o.kind == accept && *at == blocked,
		s.refusal(o.pair) != links:
		return s, !o.known()
	}
	*at = links
	return s, true
}
