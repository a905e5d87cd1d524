package main

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// Fails when the two requests of a round do not link exactly what the round expects, or a customer is
// forgotten or taken twice: the audit would look for the wrong values, or for none.
func TestDraw(t *testing.T) {
	t.Parallel()
	r := &rivals{random: rand.New(rand.NewPCG(1, 1))}
	for range 500 {
		known := r.made
		involved, requests := r.draw()
		after := join(involved...)
		var links []component
		for _, c := range involved { // new values are linked by the requests only
			if len(c.emails) > 0 && len(c.phones) > 0 && c.age > 0 && c.age <= known {
				links = append(links, c)
			}
		}
		for _, o := range requests {
			links = append(links, component{emails: []string{o.Email}, phones: []string{o.Phone}})
		}
		linked := map[string]bool{requests[0].Email: true}
		for range links { // each may link one more
			for _, c := range links {
				values := slices.Concat(c.emails, c.phones)
				if slices.ContainsFunc(values, func(v string) bool { return linked[v] }) {
					for _, v := range values {
						linked[v] = true
					}
				}
			}
		}
		for _, v := range slices.Concat(after.emails, after.phones) {
			if !linked[v] {
				t.Fatalf("%v do not link %v to %v", requests, v, involved[0])
			}
		}
		r.components = append(r.components, after)
		values := 0
		for _, c := range r.components {
			values += c.size()
		}
		if values != r.made {
			t.Fatalf("%d values in customers, want %d", values, r.made)
		}
	}
}
