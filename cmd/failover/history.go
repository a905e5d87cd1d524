package main

import (
	"fmt"
	"slices"
)

// observation is the body of a request. One of its values may be "".
type observation struct {
	Email string `json:"email,omitempty"`
	Phone string `json:"phoneNumber,omitempty"`
}

// answer is the contact in the answer to a request.
type answer struct {
	PrimaryID    uint64   `json:"primaryContactId"`
	Emails       []string `json:"emails"`
	Phones       []string `json:"phoneNumbers"`
	SecondaryIDs []uint64 `json:"secondaryContactIds"`

	position string // Identikit-Position
}

// contact is a row that a caller caused. Its id is 0 until an answer has named it.
type contact struct {
	id    uint64
	age   int // contacts of one caller are made in this order
	email string
	phone string
}

// customer is what a caller knows of one customer: its contacts by age, the primary first, and the position of
// the answer that said so.
type customer struct {
	contacts []contact
	position string
}

// change is a request that adds a contact or merges two customers, and has not been answered with 200.
// It may have been carried out or not, or be carried out later.
type change struct {
	request observation
	before  []*customer
	after   *customer
}

// history is what a caller knows. Only this caller sends its values, one request at a time, so each answer
// must be what it knows already, or that with the change under way.
type history struct {
	customers []*customer
	pending   *change
}

// complete returns the customer with the ids that the answer names, or an error if the answer is not
// exactly that customer.
func (c *customer) complete(a answer) (*customer, error) {
	var emails, phones []string
	ids := append([]uint64{a.PrimaryID}, a.SecondaryIDs...)
	if len(ids) != len(c.contacts) {
		return nil, fmt.Errorf("%d contacts, want %d", len(ids), len(c.contacts))
	}
	full := &customer{contacts: slices.Clone(c.contacts), position: a.position}
	for i, k := range c.contacts {
		switch {
		case k.id == 0 && ids[i] != 0 && !slices.Contains(ids[:i], ids[i]):
			full.contacts[i].id = ids[i]
		case k.id == 0 || k.id != ids[i]:
			return nil, fmt.Errorf("contact %d, want %d", ids[i], k.id)
		}
		if k.email != "" {
			emails = append(emails, k.email)
		}
		if k.phone != "" {
			phones = append(phones, k.phone)
		}
	}
	if !slices.Equal(emails, a.Emails) || !slices.Equal(phones, a.Phones) {
		return nil, fmt.Errorf("values %v %v, want %v %v", a.Emails, a.Phones, emails, phones)
	}
	return full, nil
}

// begin makes a change the one under way.
func (h *history) begin(request observation, after *customer, before ...*customer) {
	h.pending = &change{request: request, before: before, after: after}
}

// checkKnown judges the answer to a request for values of a customer. It may show the change under way:
// what was seen once must stay.
func (h *history) checkKnown(c *customer, a answer) error {
	if h.pending != nil && slices.Contains(h.pending.before, c) {
		if full, err := h.pending.after.complete(a); err == nil {
			h.apply(full)
			return nil
		}
	}
	if _, err := c.complete(a); err != nil {
		return fmt.Errorf("a known value: %w", err)
	}
	return nil
}

// checkChange judges the answer to the change under way, which then is acknowledged.
func (h *history) checkChange(a answer) error {
	full, err := h.pending.after.complete(a)
	if err != nil {
		h.apply(h.pending.after)
		return fmt.Errorf("a new value or merge: %w", err)
	}
	h.apply(full)
	return nil
}

// apply replaces the customers of the change under way by what they have become.
func (h *history) apply(after *customer) {
	h.customers = slices.DeleteFunc(h.customers, func(c *customer) bool { return slices.Contains(h.pending.before, c) })
	h.customers = append(h.customers, after)
	h.pending = nil
}

// with returns the customer with one more contact.
func (c *customer) with(k contact) *customer {
	return &customer{contacts: append(slices.Clone(c.contacts), k)}
}

// merge returns the customer that two become.
func merge(a, b *customer) *customer {
	all := slices.Concat(a.contacts, b.contacts)
	slices.SortFunc(all, func(x, y contact) int { return x.age - y.age })
	return &customer{contacts: all}
}

// emails returns the e-mail addresses of the customer, at least one.
func (c *customer) emails() []string {
	return c.values(func(k contact) string { return k.email })
}

func (c *customer) phones() []string {
	return c.values(func(k contact) string { return k.phone })
}

func (c *customer) values(of func(contact) string) []string {
	var values []string
	for _, k := range c.contacts {
		if v := of(k); v != "" {
			values = append(values, v)
		}
	}
	return values
}
