package main

import (
	"fmt"
	"slices"
)

// row is a contact in the database.
type row struct {
	id, primary  uint64
	email, phone string
}

// findings are what a server has done wrong. All of them should be empty.
type findings struct {
	lost    []string // an acknowledged value that is missing, or is in another contact or customer
	doubled []string // a value in two contacts, a customer with two primaries, a contact that nobody sent
	values  int      // acknowledged values that were looked for
}

// audit compares what the callers know with all contacts in a database.
func audit(histories []*history, shared []*rivals, rows []row) findings {
	var f findings
	stored := map[string]row{}
	for _, r := range rows {
		for _, v := range []string{r.email, r.phone} {
			if v == "" {
				continue
			}
			if other, twice := stored[v]; twice {
				f.doubled = append(f.doubled, fmt.Sprintf("contacts %d and %d have the same value", other.id, r.id))
			}
			stored[v] = r
		}
	}
	f.checkPrimaries(rows)
	explained := map[uint64]bool{}
	f.checkShared(shared, stored, explained)
	for _, h := range histories {
		for _, c := range h.customers {
			f.find(h, c, stored, explained)
		}
		if h.pending != nil { // each of its contacts may be there or not
			for _, k := range h.pending.after.contacts {
				explained[stored[k.email].id], explained[stored[k.phone].id] = true, true
			}
		}
	}
	for _, r := range rows {
		if !explained[r.id] {
			f.doubled = append(f.doubled, fmt.Sprintf("contact %d belongs to nothing that was sent", r.id))
		}
	}
	return f
}

// checkPrimaries looks for contacts whose primary is none.
func (f *findings) checkPrimaries(rows []row) {
	primaries := map[uint64]bool{}
	for _, r := range rows {
		primaries[r.id] = r.primary == r.id
	}
	for _, r := range rows {
		if !primaries[r.primary] {
			f.doubled = append(f.doubled, fmt.Sprintf("contact %d is under contact %d, which is no primary", r.id, r.primary))
		}
	}
}

// checkShared looks for the customers of rivals, each of which must have a primary of its own.
func (f *findings) checkShared(shared []*rivals, stored map[string]row, explained map[uint64]bool) {
	found := map[uint64]bool{}
	for _, r := range shared {
		for _, c := range r.components {
			for primary := range f.findComponent(c, stored, explained) {
				if found[primary] {
					f.doubled = append(f.doubled, fmt.Sprintf("two shared customers are one, of contact %d", primary))
				}
				found[primary] = true
			}
		}
		if r.pending != nil { // each of its values may be there or not
			for _, v := range slices.Concat(r.pending.emails, r.pending.phones) {
				explained[stored[v].id] = true
			}
		}
	}
}

// findComponent looks for the values of a customer that two callers made, and returns its primaries.
func (f *findings) findComponent(c component, stored map[string]row, explained map[uint64]bool) map[uint64]bool {
	primaries := map[uint64]bool{}
	for _, v := range slices.Concat(c.emails, c.phones) {
		f.values++
		r, found := stored[v]
		if !found {
			f.lost = append(f.lost, "a shared value is missing")
			continue
		}
		explained[r.id] = true
		primaries[r.primary] = true
	}
	if len(primaries) > 1 {
		f.doubled = append(f.doubled, fmt.Sprintf("a shared customer has %d primaries", len(primaries)))
	}
	return primaries
}

// find looks for the contacts of one customer.
func (f *findings) find(h *history, c *customer, stored map[string]row, explained map[uint64]bool) {
	primaries := map[uint64]bool{}
	for _, k := range c.contacts {
		for _, v := range []string{k.email, k.phone} {
			if v == "" {
				continue
			}
			f.values++
			r, found := stored[v]
			switch {
			case !found:
				f.lost = append(f.lost, fmt.Sprintf("a value of contact %d is missing", k.id))
				continue
			case k.id != 0 && r.id != k.id:
				f.lost = append(f.lost, fmt.Sprintf("a value of contact %d is in contact %d", k.id, r.id))
			}
			explained[r.id] = true
			primaries[r.primary] = true
		}
	}
	if len(primaries) > 1 {
		f.doubled = append(f.doubled, fmt.Sprintf("the customer of contact %d has %d primaries", c.contacts[0].id, len(primaries)))
	}
	if first := c.contacts[0].id; first != 0 && len(primaries) == 1 && !primaries[first] && !h.mayChange(c) {
		f.lost = append(f.lost, fmt.Sprintf("contact %d was acknowledged as a primary", first))
	}
}

// mayChange reports whether the change under way is about the customer.
func (h *history) mayChange(c *customer) bool {
	return h.pending != nil && slices.Contains(h.pending.before, c)
}
