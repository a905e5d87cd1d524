package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"strings"

	"github.com/identikit/identikit/internal/identity"
)

// history writes a CSV of n observations such as a shop collects, the same ones every time. Of a
// hundred rows, 55 are about new customers (37 with both values, 12 with only an e-mail address and 6
// with only a phone number), 25 repeat a row, 9 have only a known e-mail address, 5 a known e-mail
// address with a new phone number, 4 a known phone number with a new e-mail address, and 2 the values
// of two customers. Some values are not in their normalized form.
func history(w io.Writer, n int) error {
	h := &historian{random: rand.New(rand.NewPCG(2026, 11))} //nolint:gosec // always the same
	if _, err := io.WriteString(w, "email,phone\n"); err != nil {
		return err
	}
	for range n {
		o := h.next()
		if h.random.IntN(8) == 0 {
			o.Email = strings.ToUpper(o.Email)
		}
		if h.random.IntN(8) == 0 && o.Phone != "" {
			o.Phone = o.Phone[:3] + " " + o.Phone[3:6] + " " + o.Phone[6:]
		}
		if _, err := fmt.Fprintf(w, "%s,%s\n", o.Email, o.Phone); err != nil {
			return err
		}
	}
	return nil
}

type historian struct {
	random    *rand.Rand
	customers uint64
	more      uint64 // values that came later to a customer
}

func (h *historian) next() identity.Observation {
	dice := h.random.IntN(100)
	switch {
	case h.customers < 100 || dice < 55:
		h.customers++
		return h.customer(h.customers - 1)
	case dice < 80:
		return h.customer(h.old())
	case dice < 89:
		return identity.Observation{Email: h.shopper().Email}
	case dice < 94:
		return identity.Observation{Email: h.shopper().Email, Phone: h.another().Phone}
	case dice < 98:
		return identity.Observation{Email: h.another().Email, Phone: h.shopper().Phone}
	default:
		return identity.Observation{Email: h.shopper().Email, Phone: h.shopper().Phone}
	}
}

// another returns values that no customer has yet.
func (h *historian) another() identity.Observation {
	h.more++
	return h.person(500_000_000 + h.more)
}

func (h *historian) old() uint64 { return h.random.Uint64N(h.customers) }

// shopper returns a known customer with both values.
func (h *historian) shopper() identity.Observation {
	for {
		if o := h.customer(h.old()); o.Email != "" && o.Phone != "" {
			return o
		}
	}
}

// customer returns the first observation of a customer. It depends only on the number, so that none
// has to be kept in memory.
func (h *historian) customer(number uint64) identity.Observation {
	o := h.person(number)
	switch kind := number * 2_654_435_761 >> 8 % 55; {
	case kind < 12:
		o.Phone = ""
	case kind < 18:
		o.Email = ""
	}
	return o
}

// person scatters the numbers, because real values arrive in no order.
func (h *historian) person(number uint64) identity.Observation {
	return person(number * scatter % 1_000_000_000)
}
