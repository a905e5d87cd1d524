package main

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"sync/atomic"

	"github.com/identikit/identikit/internal/identity"
)

// spacing is the distance between the numbers of stored customers. Newcomers get numbers from the
// gaps, so that their values go to all places of the indexes as real ones do, and not to the end.
// It keeps the numbers of 30 million customers in the range of valid phone numbers.
const spacing = 10

// scatter is coprime to all sizes used here, so that i*scatter mod n takes every value once.
const scatter = 7_368_787

// people are the customers of one database: those that it was filled with, and newcomers. The methods
// are safe for concurrent use.
type people struct {
	stored    uint64
	hot       uint64                     // how many of them come back; 0 for all
	others    uint64                     // how many groups of them came back earlier
	phones    func(number uint64) string // validPhone or invalidPhone
	newcomers atomic.Uint64
	merged    atomic.Uint64 // pairs
}

// person returns the values of the customer with a number below 1e9. They are normalized.
func person(number uint64) identity.Observation {
	return identity.Observation{Email: fmt.Sprintf("c.%09d@example.com", number), Phone: validPhone(number)}
}

// validPhone returns a German mobile number. It is valid for numbers below 300 million.
func validPhone(number uint64) string { return fmt.Sprintf("+4915%09d", number) }

// invalidPhone returns a number with an area code that does not exist. To find that out, the library
// tries all regions of country code 1. There are 10 million such numbers, for stored customers only.
func invalidPhone(number uint64) string { return fmt.Sprintf("+1555%07d", number/spacing) }

func (p *people) person(number uint64) identity.Observation {
	o := person(number)
	o.Phone = p.phones(number)
	return o
}

// known returns both values of a stored customer, if only some come back then of one of these.
func (p *people) known(random *rand.Rand) identity.Observation {
	return p.returning(random.Uint64N(p.regulars()))
}

// regulars is the number of customers that come back.
func (p *people) regulars() uint64 { return min(cmp.Or(p.hot, p.stored), p.stored) }

// returning returns one of the customers that come back. They are spread over all stored ones, in the order
// of their values, so that no two share a page of a large index.
func (p *people) returning(i uint64) identity.Observation {
	n := p.regulars()
	distance := p.stored / n
	return p.person((i%n*distance + p.others%distance) * spacing)
}

// merge returns the e-mail address of a customer that comes back and the phone number of another one. The
// first half of its calls merge each customer once.
func (p *people) merge() identity.Observation {
	i := 2 * (p.merged.Add(1) - 1)
	return identity.Observation{Email: p.returning(i * scatter).Email, Phone: p.returning((i + 1) * scatter).Phone}
}

// newcomer returns the values of a customer who is not known yet.
func (p *people) newcomer() identity.Observation {
	n := p.newcomers.Add(1) - 1
	return p.person(n*scatter%p.stored*spacing + 1 + n/p.stored%(spacing-1))
}

// link returns the e-mail address of a stored customer and the phone number of a newcomer.
func (p *people) link(random *rand.Rand) identity.Observation {
	return identity.Observation{Email: p.known(random).Email, Phone: p.newcomer().Phone}
}

// mixed is the traffic of a busy shop: 70 % known, 20 % new, 8 % known with a new phone number, and
// 2 % with the values of two customers, who are merged.
func (p *people) mixed(random *rand.Rand) identity.Observation {
	switch dice := random.IntN(100); {
	case dice < 70:
		return p.known(random)
	case dice < 90:
		return p.newcomer()
	case dice < 98:
		return p.link(random)
	default:
		return identity.Observation{Email: p.known(random).Email, Phone: p.known(random).Phone}
	}
}
