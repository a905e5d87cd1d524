package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"
)

const (
	// afterRefusal is the pause before an operation is repeated whose outcome is not known.
	afterRefusal = 50 * time.Millisecond
	// mostRepeats is how often it is repeated.
	mostRepeats = 60
)

// caller sends one request at a time, about values that others send, too.
type caller struct {
	round  *round
	random *rand.Rand
	pause  time.Duration
}

// run sends requests until the load ends.
func (c *caller) run(ctx context.Context) {
	for ctx.Err() == nil && !c.round.isOver() {
		if c.random.IntN(12) == 0 {
			c.batch(ctx)
		} else {
			c.act(ctx, c.round.pick(c.random))
		}
		time.Sleep(time.Duration(c.random.Int64N(2*int64(c.pause) + 1)))
	}
}

// send sends an operation, and repeats it until its outcome is known.
func (c *caller) send(ctx context.Context, i *island, o operation) *operation {
	for n := 0; ; n++ {
		sent := o
		c.round.client.send(ctx, c.round.process(c.random), i, &sent)
		if sent.known() || n == mostRepeats || i.isFull() || ctx.Err() != nil || c.round.isOver() {
			return &sent
		}
		time.Sleep(afterRefusal)
	}
}

// batch sends observations of up to three islands.
func (c *caller) batch(ctx context.Context) {
	var parts []part
	for range 1 + c.random.IntN(3) {
		i := c.round.pick(c.random)
		for range 1 + c.random.IntN(3) {
			parts = append(parts, part{i, i.observation(c.random)})
		}
	}
	c.random.Shuffle(len(parts), func(a, b int) { parts[a], parts[b] = parts[b], parts[a] })
	if len(parts) > 0 {
		c.round.client.sendAll(ctx, c.round.process(c.random), parts)
	}
}

// act sends the next operation on an island.
func (c *caller) act(ctx context.Context, i *island) {
	dice := c.random.IntN(100)
	switch {
	case dice < 12:
		c.send(ctx, i, operation{kind: lookUp, value: i.any(c.random)})
	case i.style == lake || dice < 70:
		c.send(ctx, i, operation{kind: identify, links: []pair{i.observation(c.random)}})
	default:
		c.correct(ctx, i)
	}
}

// correct sends a correction that the island has.
func (c *caller) correct(ctx context.Context, i *island) {
	of := map[style][]kind{
		retracting: {retract, restore, separate, separate, unseparate, accept},
		blocking:   {block, unblock, unblock, retract, restore, accept},
		erasing:    {erase, suppress, block, unblock},
		wild:       {retract, restore, separate, unseparate, accept, block, unblock, erase, suppress, dismiss, remove},
	}[i.style]
	o := operation{kind: of[c.random.IntN(len(of))]}
	found := true
	switch o.kind {
	case retract, restore:
		found = c.chooseObservation(ctx, i, &o)
	case accept, dismiss:
		found = c.chooseRefusal(ctx, i, &o)
	case separate, unseparate:
		o.apart = [2]value{i.email(c.random), i.email(c.random)}
		o.id, o.other = i.contact(o.apart[0]), i.contact(o.apart[1])
		found = o.apart[0] != o.apart[1] && o.id != 0 && o.other != 0
	case remove:
		o.id = i.contact(i.any(c.random))
		found = o.id != 0
	default:
		o.value = i.any(c.random)
	}
	if found {
		c.send(ctx, i, o)
	}
}

// listed is an observation, or a refusal, in a list.
type listed struct {
	ID       uint64
	Email    string
	Phone    string `json:"phoneNumber"`
	Withheld string
}

// chooseObservation picks an observation of the cluster of a value. What is restored is mostly retracted.
func (c *caller) chooseObservation(ctx context.Context, i *island, o *operation) bool {
	seen := c.send(ctx, i, operation{kind: lookUp, value: i.any(c.random)})
	if seen.status != http.StatusOK {
		return false
	}
	r := c.round.client.do(ctx, c.round.process(c.random), "observations", http.MethodGet,
		fmt.Sprintf("/contacts/%d/observations?limit=1000", seen.answers[0].primary), nil)
	var page struct{ Observations []listed }
	if r.status != http.StatusOK || json.Unmarshal(r.body, &page) != nil {
		return false
	}
	list := page.Observations
	if o.kind == restore && c.random.IntN(4) > 0 {
		list = nil
		for _, l := range page.Observations {
			if l.Withheld == "retracted" {
				list = append(list, l)
			}
		}
	}
	return o.choose(i, list, c.random)
}

// chooseRefusal picks an open refusal.
func (c *caller) chooseRefusal(ctx context.Context, i *island, o *operation) bool {
	r := c.round.client.do(ctx, c.round.process(c.random), "refusals", http.MethodGet, "/refusals?limit=1000", nil)
	var page struct{ Refusals []listed }
	if r.status != http.StatusOK || json.Unmarshal(r.body, &page) != nil {
		return false
	}
	return o.choose(i, page.Refusals, c.random)
}

// choose picks one of a list whose values are on the island.
func (o *operation) choose(i *island, list []listed, random *rand.Rand) bool {
	for _, n := range random.Perm(len(list)) {
		email, known := i.byText[list[n].Email]
		phone, both := i.byText[list[n].Phone]
		if known && both {
			o.id, o.pair = list[n].ID, pair{email, phone}
			return true
		}
	}
	return false
}
