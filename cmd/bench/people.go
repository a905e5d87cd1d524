package main

import (
	"fmt"
	"math/rand/v2"
	"sync/atomic"

	"github.com/identikit/identikit/internal/identity"
)

// spacing is the distance between the numbers of stored customers. Newcomers get numbers from the
// gaps, so that their values go to all places of the indexes as real ones do, and not to the end.
const spacing = 100

// scatter is prime to all sizes used here: i*scatter mod n takes every value once.
const scatter = 7_368_787

// person returns the values of the customer with a number below 1e9. They are normalized.
func person(number uint64) identity.Observation {
	return identity.Observation{Email: fmt.Sprintf("c.%09d@example.com", number), Phone: validPhone(number)}
}

// validPhone returns a German mobile number. It is valid for numbers below 300 million.
func validPhone(number uint64) string { return fmt.Sprintf("+4915%09d", number) }

// invalidPhone returns a number of an area code that nobody has. The library has to try all regions
// of country code 1 before it knows. Only stored customers can have one, and at most 10 million.
func invalidPhone(number uint64) string { return fmt.Sprintf("+1555%07d", number/spacing) }

// people are the customers of one database: some that it was filled with, and newcomers. Its
// methods are safe for concurrent use.
type people struct {
	stored    uint64
	phones    func(number uint64) string // validPhone or invalidPhone
	newcomers atomic.Uint64
}

func (p *people) person(number uint64) identity.Observation {
	o := person(number)
	o.Phone = p.phones(number)
	return o
}

// known returns both values of a stored customer.
func (p *people) known(random *rand.Rand) identity.Observation {
	return p.person(random.Uint64N(p.stored) * spacing)
}

// newcomer returns the values of somebody who never came before.
func (p *people) newcomer() identity.Observation {
	n := p.newcomers.Add(1) - 1
	return p.person(n*scatter%p.stored*spacing + 1 + n/p.stored%(spacing-1))
}

// mixed is a busy shop: 70 % known, 20 % new, 8 % known with a new phone number, and 2 % who turn
// out to be one person with another customer.
func (p *people) mixed(random *rand.Rand) identity.Observation {
	switch dice := random.IntN(100); {
	case dice < 70:
		return p.known(random)
	case dice < 90:
		return p.newcomer()
	case dice < 98:
		return identity.Observation{Email: p.known(random).Email, Phone: p.newcomer().Phone}
	default:
		return identity.Observation{Email: p.known(random).Email, Phone: p.known(random).Phone}
	}
}

// mostlyKnown is nine known customers to one newcomer.
func (p *people) mostlyKnown(random *rand.Rand) identity.Observation {
	if random.IntN(10) == 0 {
		return p.newcomer()
	}
	return p.known(random)
}
