package main

import (
	"cmp"
	"fmt"
	"slices"
)

// draw takes customers, adds new values, and returns two requests that conflict, which together make one
// customer of all that. Most are about a customer that one of them merges into an older one, so that it
// must not become the primary of what the other adds at that moment.
func (r *rivals) draw() (involved []component, requests [processes]observation) {
	if len(r.components) < 4 {
		return r.drawNew()
	}
	old := r.take(3)
	x, y, z := old[0], old[1], old[2]
	kind := r.random.IntN(8)
	if kind > 1 {
		r.components = append(r.components, z)
		old = old[:2]
	}
	switch kind {
	case 0, 1: // two merges with one customer in common
		return old, [processes]observation{{x.emails[0], y.phones[0]}, {y.emails[0], z.phones[0]}}
	case 2: // the same merge from both ends
		return old, [processes]observation{{x.emails[0], y.phones[0]}, {y.emails[0], x.phones[0]}}
	case 3, 4: // a new value for a customer that is merged
		p := r.phone()
		return append(old, component{phones: []string{p}}), [processes]observation{{y.emails[0], p}, {y.emails[0], x.phones[0]}}
	case 5: // one new value for two customers
		p := r.phone()
		return append(old, component{phones: []string{p}}), [processes]observation{{x.emails[0], p}, {y.emails[0], p}}
	case 6: // two new values for one customer
		e, p := r.email(), r.phone()
		r.components = append(r.components, y)
		return []component{x, {emails: []string{e}, phones: []string{p}}}, [processes]observation{{x.emails[0], p}, {e, x.phones[0]}}
	default:
		r.components = append(r.components, x, y)
		return r.drawNew()
	}
}

// drawNew returns requests for new values only.
func (r *rivals) drawNew() ([]component, [processes]observation) {
	e, p := r.email(), r.phone()
	c := component{age: r.made, emails: []string{e}, phones: []string{p}}
	switch r.random.IntN(3) {
	case 0:
		c.phones = append(c.phones, r.phone())
		return []component{c}, [processes]observation{{e, p}, {e, c.phones[1]}}
	case 1:
		c.emails = append(c.emails, r.email())
		return []component{c}, [processes]observation{{e, p}, {c.emails[1], p}}
	default:
		return []component{c}, [processes]observation{{e, p}, {e, p}}
	}
}

// take removes so many customers from those that are acknowledged, and returns them by age. Large ones are
// left, as long as there are enough others.
func (r *rivals) take(count int) []component {
	r.random.Shuffle(len(r.components), func(i, j int) { r.components[i], r.components[j] = r.components[j], r.components[i] })
	slices.SortStableFunc(r.components, func(a, b component) int { return cmp.Compare(a.size()/mostContacts, b.size()/mostContacts) })
	taken := slices.Clone(r.components[:count])
	r.components = slices.Delete(r.components, 0, count)
	slices.SortFunc(taken, func(a, b component) int { return cmp.Compare(a.age, b.age) })
	return taken
}

func (r *rivals) email() string {
	r.made++
	return fmt.Sprintf("r%dn%d@shop.example", r.number, r.made)
}

func (r *rivals) phone() string {
	r.made++
	return fmt.Sprintf("99%04d%07d", r.number, r.made)
}
