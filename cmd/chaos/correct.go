package main

import "net/http"

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
		return m.block(s, o)
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
		return s, !o.known() || o.joined
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

// block isolates a value, which is stored if nobody holds it.
func (m model) block(s state, o *operation) (state, bool) {
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
	return s, true
}
