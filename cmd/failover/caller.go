package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

const (
	// clientLimit is how long a client waits: longer than any request may take.
	clientLimit = 30 * time.Second
	// afterRefusal is the pause after a 503, shorter than its Retry-After, so that the end of an outage
	// is seen.
	afterRefusal = 100 * time.Millisecond
	// settled is how long a caller repeats its last change after the load.
	settled = time.Minute
	// mostContacts bounds how large a customer grows.
	mostContacts = 8
)

// caller sends one request at a time, all with values of its own.
type caller struct {
	number int
	trial  *trial
	random *rand.Rand
	pause  time.Duration
	made   int // contacts so far

	history
	tally
}

// run sends requests until stop is closed, and then repeats the last one until it is acknowledged. It ends
// at once when ctx does.
func (c *caller) run(ctx context.Context, stop <-chan struct{}) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-stop:
			for end := time.Now().Add(settled); c.pending != nil && time.Now().Before(end) && ctx.Err() == nil; {
				c.repeat(ctx)
				time.Sleep(afterRefusal)
			}
			return
		default:
			c.step(ctx)
		}
	}
}

// step sends the next request. While a change is under way it is repeated, and between that, values that
// are known are asked for.
func (c *caller) step(ctx context.Context) {
	switch {
	case c.pending == nil && (len(c.customers) < 3 || c.random.IntN(100) < 60):
		c.change()
		c.repeat(ctx)
	case c.pending != nil && c.random.IntN(2) == 0:
		c.repeat(ctx)
	case len(c.customers) > 0:
		c.askKnown(ctx, c.pick())
	}
	if c.pending != nil {
		time.Sleep(afterRefusal)
	} else {
		time.Sleep(time.Duration(c.random.Int64N(2*int64(c.pause) + 1)))
	}
}

// change begins a change: half are new customers, a quarter second values, a quarter merges.
func (c *caller) change() {
	k := contact{age: c.made}
	email, phone := fmt.Sprintf("c%dn%d@shop.example", c.number, c.made), fmt.Sprintf("88%04d%07d", c.number, c.made)
	c.made++
	if len(c.customers) >= 3 {
		one, other := c.pick(), c.pick()
		small := len(one.contacts)+len(other.contacts) <= mostContacts
		switch dice := c.random.IntN(4); {
		case dice == 0 && one != other && small:
			request := observation{one.emails()[0], other.phones()[0]}
			c.begin(request, merge(one, other), one, other)
			return
		case dice == 1 && small:
			request := observation{one.emails()[0], phone}
			k.phone = phone
			if c.random.IntN(2) == 0 {
				request = observation{email, one.phones()[0]}
				k.phone, k.email = "", email
			}
			c.begin(request, one.with(k), one)
			return
		}
	}
	k.email, k.phone = email, phone
	c.begin(observation{email, phone}, &customer{contacts: []contact{k}})
}

func (c *caller) pick() *customer { return c.customers[c.random.IntN(len(c.customers))] }

// repeat sends the change under way.
func (c *caller) repeat(ctx context.Context) {
	a, status := c.send(ctx, c.pending.request)
	if status == statusOK {
		c.changes = append(c.changes, time.Now())
		c.judge(c.checkChange(a))
	}
}

// askKnown asks for one value of a customer, or two, or looks it up: that may be read from a secondary which
// has what the caller knows.
func (c *caller) askKnown(ctx context.Context, known *customer) {
	if c.random.IntN(2) == 0 {
		c.lookUp(ctx, known)
		return
	}
	emails, phones := known.emails(), known.phones()
	o := observation{emails[c.random.IntN(len(emails))], phones[c.random.IntN(len(phones))]}
	switch c.random.IntN(3) {
	case 0:
		o.Email = ""
	case 1:
		o.Phone = ""
	}
	a, status := c.send(ctx, o)
	if status == statusOK {
		c.known = append(c.known, time.Now())
		c.judge(c.checkKnown(known, a))
	}
}

func (c *caller) judge(err error) {
	if err != nil {
		c.wrong = append(c.wrong, fmt.Sprintf("%s: %v", time.Since(c.trial.begun).Round(time.Millisecond), err))
	}
}

// send sends a request to any process.
func (c *caller) send(ctx context.Context, o observation) (answer, int) {
	return c.trial.send(ctx, c.random.IntN(processes), o, &c.tally)
}
