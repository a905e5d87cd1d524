package main

import "fmt"

// draw takes customers, adds new values, and returns two requests that conflict, which together make one
// customer of all that.
func (r *rivals) draw() (involved []component, requests [processes]observation) {
	if len(r.components) < 4 {
		return r.drawNew()
	}
	x, y := r.take(), r.take()
	xy := []component{x, y}
	switch r.random.IntN(7) {
	case 0: // the same merge
		o := observation{x.emails[0], y.phones[0]}
		return xy, [processes]observation{o, o}
	case 1: // the same merge from both ends
		return xy, [processes]observation{{x.emails[0], y.phones[0]}, {y.emails[0], x.phones[0]}}
	case 2: // two merges with one customer in common
		z := r.take()
		return append(xy, z), [processes]observation{{x.emails[0], y.phones[0]}, {y.emails[0], z.phones[0]}}
	case 3: // a new value for a customer that is merged
		p := r.phone()
		return append(xy, component{phones: []string{p}}), [processes]observation{{x.emails[0], p}, {y.emails[0], x.phones[0]}}
	case 4: // one new value for two customers
		p := r.phone()
		return append(xy, component{phones: []string{p}}), [processes]observation{{x.emails[0], p}, {y.emails[0], p}}
	case 5: // two new values for one customer
		e, p := r.email(), r.phone()
		r.components = append(r.components, y)
		return []component{x, {[]string{e}, []string{p}}}, [processes]observation{{x.emails[0], p}, {e, x.phones[0]}}
	default:
		r.components = append(r.components, x, y)
		return r.drawNew()
	}
}

// drawNew returns requests for new values only.
func (r *rivals) drawNew() ([]component, [processes]observation) {
	e, p := r.email(), r.phone()
	c := component{[]string{e}, []string{p}}
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

// take removes a customer that is not large yet from those that are acknowledged. It need not be the
// customer that was made last.
func (r *rivals) take() component {
	for range 2 * len(r.components) {
		i := r.random.IntN(len(r.components))
		if c := r.components[i]; c.size() <= mostContacts {
			r.components = append(r.components[:i], r.components[i+1:]...)
			return c
		}
	}
	last := r.components[len(r.components)-1]
	r.components = r.components[:len(r.components)-1]
	return last
}

func (r *rivals) email() string {
	r.made++
	return fmt.Sprintf("r%dn%d@shop.example", r.number, r.made)
}

func (r *rivals) phone() string {
	r.made++
	return fmt.Sprintf("99%04d%07d", r.number, r.made)
}
