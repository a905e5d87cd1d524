package main

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"sync"
)

// style is which operations an island has, and how its history is checked.
type style string

const (
	lake       style = "growth"      // identify and look-ups; any number of operations
	retracting style = "retractions" // and retract, restore, accept, separate
	blocking   style = "blocks"      // and retract, restore, accept, block
	erasing    style = "erasures"    // and erase, suppress, block
	wild       style = "everything"  // all of them, also what has no model; only its tables are checked
)

// island is a few values. No request has values of two islands in one observation, so that each island has
// a history of its own, which can be checked by itself.
type island struct {
	number int
	style  style
	size   int // e-mail addresses, and phone numbers
	byText map[string]value

	mu         sync.Mutex
	operations []*operation
	left       int              // operations until it is left alone
	contacts   map[value]uint64 // the last that a look-up showed
}

func newIsland(number int, s style, random *rand.Rand) *island {
	i := &island{number: number, style: s, size: 2 + random.IntN(side-2), byText: map[string]value{}, left: 110, contacts: map[value]uint64{}}
	if s == lake {
		i.size, i.left = 4+random.IntN(perKind-4), 100+random.IntN(300)
	}
	for k := range i.size {
		i.byText[i.text(value(k))] = value(k)
		i.byText[i.text(value(perKind+k))] = value(perKind + k)
	}
	return i
}

// text is how a value is sent, and answered.
func (i *island) text(v value) string {
	if v.isEmail() {
		return fmt.Sprintf("i%de%d@chaos.example", i.number, v)
	}
	return fmt.Sprintf("7%07d%02d", i.number, v-perKind)
}

func (i *island) isFull() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.left <= 0
}

func (i *island) add(o *operation) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.operations = append(i.operations, o)
	i.left--
	maps.Copy(i.contacts, membersOf(o))
}

func membersOf(o *operation) map[value]uint64 {
	if len(o.answers) == 0 {
		return nil
	}
	return o.answers[0].members
}

// contact returns the contact that a look-up has last shown to hold a value, 0 for none.
func (i *island) contact(v value) uint64 {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.contacts[v]
}

func (i *island) email(random *rand.Rand) value { return value(random.IntN(i.size)) } //nolint:gosec // below 32

func (i *island) phone(random *rand.Rand) value {
	return value(perKind + random.IntN(i.size)) //nolint:gosec // below 64
}

func (i *island) any(random *rand.Rand) value {
	if random.IntN(2) == 0 {
		return i.email(random)
	}
	return i.phone(random)
}

// observation returns what a caller may have seen: mostly two values.
func (i *island) observation(random *rand.Rand) pair {
	p := pair{i.email(random), i.phone(random)}
	switch random.IntN(8) {
	case 0:
		p.email = none
	case 1:
		p.phone = none
	}
	return p
}

// body is an observation as JSON.
func (i *island) body(p pair) map[string]string {
	object := map[string]string{}
	if p.email != none {
		object["email"] = i.text(p.email)
	}
	if p.phone != none {
		object["phoneNumber"] = i.text(p.phone)
	}
	return object
}
