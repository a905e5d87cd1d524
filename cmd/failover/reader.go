package main

import (
	"context"
	"time"
)

// readable is how many customers a reader has.
const readable = 5

// look makes some customers and then looks them up, one after the other, until stop is closed: how long no
// look-up is answered shows whether secondaries answer while there is no primary.
func (c *caller) look(ctx context.Context, stop <-chan struct{}) {
	for ctx.Err() == nil {
		select {
		case <-stop:
			return
		default:
		}
		if len(c.customers) < readable && c.pending == nil {
			c.change()
		}
		if c.pending != nil {
			c.repeat(ctx)
		} else {
			c.lookUp(ctx, c.pick())
		}
		time.Sleep(time.Duration(c.random.Int64N(2*int64(c.pause) + 1)))
	}
}

// lookUp looks a customer up.
func (c *caller) lookUp(ctx context.Context, known *customer) {
	a, status := c.trial.lookUp(ctx, c.random.IntN(processes), known, &c.tally)
	if status == statusOK {
		c.lookups = append(c.lookups, time.Now())
		c.judge(c.checkKnown(known, a))
	}
}
