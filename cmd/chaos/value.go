package main

import (
	"fmt"
	"math/bits"
	"strings"
)

// perKind is how many e-mail addresses, and how many phone numbers, an island has at most.
const perKind = 32

// value is an e-mail address or a phone number of an island: e-mail addresses from 0, phone numbers from
// perKind.
type value int8

// none is the absence of a value.
const none value = -1

func (v value) isEmail() bool { return v >= 0 && v < perKind }

// String names the value in findings: it is made up, and identifies nobody.
func (v value) String() string {
	switch {
	case v == none:
		return "-"
	case v.isEmail():
		return fmt.Sprintf("e%d", int(v))
	}
	return fmt.Sprintf("p%d", int(v-perKind))
}

// set is a set of values.
type set uint64

func setOf(values ...value) set {
	var s set
	for _, v := range values {
		if v != none {
			s |= 1 << v
		}
	}
	return s
}

func (s set) has(v value) bool { return v != none && s&(1<<v) != 0 }

func (s set) size() int { return bits.OnesCount64(uint64(s)) }

// values lists the values in ascending order.
func (s set) values() []value {
	list := make([]value, 0, s.size())
	for rest := s; rest != 0; rest &= rest - 1 {
		list = append(list, value(bits.TrailingZeros64(uint64(rest)))) //nolint:gosec // below 64
	}
	return list
}

func (s set) String() string {
	var names []string
	for _, v := range s.values() {
		names = append(names, v.String())
	}
	return "{" + strings.Join(names, " ") + "}"
}

// pair is an e-mail address and a phone number that are seen together. Of a request for one value, the other
// is none.
type pair struct{ email, phone value }

func (p pair) set() set { return setOf(p.email, p.phone) }

func (p pair) both() bool { return p.email != none && p.phone != none }

func (p pair) String() string { return p.email.String() + "+" + p.phone.String() }
