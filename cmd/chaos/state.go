package main

import (
	"cmp"
	"math/bits"
	"slices"
)

// side is how many e-mail addresses, and how many phone numbers, an island has whose history is searched
// for an order.
const side = 8

// reason is the state of an observation.
type reason uint8

const (
	unseen reason = iota
	links
	retracted
	separated
	blocked
	fuse
)

// reasonOf returns the state with a name of the service, which is "" if it links.
func reasonOf(name string) reason {
	switch name {
	case "":
		return links
	case "retracted":
		return retracted
	case "separated":
		return separated
	case "blocked":
		return blocked
	}
	return fuse
}

func (r reason) String() string {
	return [...]string{"unseen", "links", "retracted", "separated", "blocked", "fuse"}[r]
}

// state is what is stored of an island, by its values and without ids. It is a value: two states are the
// same if they are equal.
type state struct {
	known      set // values that a contact holds
	blocked    set
	ending     set // values whose block is ending: they link, but not yet all that it withholds
	suppressed set
	pairs      [side * side]reason
	apart      uint64 // pairs of e-mail addresses: bit side*smaller+larger
}

func (s *state) at(p pair) *reason { return &s.pairs[int(p.email)*side+int(p.phone-perKind)] }

// component returns the values that evidence connects with v.
func (s *state) component(v value) set {
	found := setOf(v)
	for grown := set(0); grown != found; {
		grown = found
		for i, r := range s.pairs {
			if p := pairAt(i); r == links && found&p.set() != 0 {
				found |= p.set()
			}
		}
	}
	return found
}

func pairAt(i int) pair { return pair{value(i / side), value(perKind + i%side)} } //nolint:gosec // below side

// keepsApart reports whether a separation forbids that two components become one.
func (s *state) keepsApart(one, other set) bool {
	for rest := s.apart; rest != 0; rest &= rest - 1 {
		i := bits.TrailingZeros64(rest)
		a, b := value(i/side), value(i%side) //nolint:gosec // below side
		if one.has(a) && other.has(b) || one.has(b) && other.has(a) {
			return true
		}
	}
	return false
}

func apartBit(two [2]value) uint64 {
	return 1 << (int(min(two[0], two[1]))*side + int(max(two[0], two[1])))
}

// refusal returns why a pair must not link now, which is links if it may. It does not consider what is
// recorded of the pair itself.
func (s *state) refusal(p pair) reason {
	if s.blocked&p.set() != 0 {
		return blocked
	}
	one, other := s.component(p.email), s.component(p.phone)
	if one != other && s.keepsApart(one, other) {
		return separated
	}
	return links
}

// decideAgain links those of the pairs, in their order, that nothing forbids any more.
func (s *state) decideAgain(pairs []pair) {
	for _, p := range pairs {
		*s.at(p) = s.refusal(p)
	}
}

// withheld lists the pairs with a reason that are among some, in ascending order of ids.
func (s *state) withheld(why reason, among func(pair) bool, ids map[pair]uint64) []pair {
	var found []pair
	for i, r := range s.pairs {
		if p := pairAt(i); r == why && among(p) {
			found = append(found, p)
		}
	}
	slices.SortFunc(found, func(a, b pair) int { return cmp.Compare(ids[a], ids[b]) })
	return found
}
