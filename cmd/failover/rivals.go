package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// component is what is linked: the values of one customer.
type component struct {
	age            int // the smaller, the older
	emails, phones []string
}

// join returns the customer that several become. The oldest must be first.
func join(parts ...component) component {
	all := component{age: parts[0].age}
	for _, p := range parts {
		all.emails, all.phones = append(all.emails, p.emails...), append(all.phones, p.phones...)
	}
	return all
}

func (c component) size() int { return len(c.emails) + len(c.phones) }

// difference returns how an answer is not the component, or nil.
func (c component) difference(a answer) error {
	for _, v := range []struct{ got, want []string }{{a.Emails, c.emails}, {a.Phones, c.phones}} {
		got, want := slices.Sorted(slices.Values(v.got)), slices.Sorted(slices.Values(v.want))
		if !slices.Equal(got, want) {
			return fmt.Errorf("values %v, want %v", got, want)
		}
	}
	return nil
}

// rivals are two callers who send requests about the same new values and customers at the same moment, each
// to a process of its own, and to one that writes to another server if several do.
type rivals struct {
	number int
	trial  *trial
	random *rand.Rand
	made   int // values so far

	components []component
	pending    *component // of requests that have not all been acknowledged
	rounds     int
	sides      [processes]tally
}

// run makes rounds until stop is closed.
func (r *rivals) run(ctx context.Context, stop <-chan struct{}) {
	for ctx.Err() == nil {
		select {
		case <-stop:
			return
		default:
			r.round(ctx, stop)
			time.Sleep(time.Duration(r.random.Int64N(2*int64(r.trial.pause) + 1)))
		}
	}
}

// round sends two requests at the same moment, and repeats each until it is acknowledged. Then both
// processes are asked for the customer.
func (r *rivals) round(ctx context.Context, stop <-chan struct{}) {
	involved, requests := r.draw()
	after := join(involved...)
	r.pending = &after
	var answered [processes]bool
	r.both(func(side int) { answered[side] = r.repeat(ctx, side, requests[side], stop) })
	if answered != [processes]bool{true, true} {
		return
	}
	r.pending = nil
	r.components = append(r.components, after)
	r.rounds++
	r.check(ctx, after)
}

// both does something for both sides at the same time.
func (r *rivals) both(do func(side int)) {
	var running sync.WaitGroup
	for side := range processes {
		running.Go(func() { do(side) })
	}
	running.Wait()
}

// repeat sends a request until it is acknowledged, and a minute after stop at most.
func (r *rivals) repeat(ctx context.Context, side int, o observation, stop <-chan struct{}) bool {
	var end time.Time
	for ctx.Err() == nil && (end.IsZero() || time.Now().Before(end)) {
		a, status := r.trial.send(ctx, side, o, &r.sides[side])
		if status == statusOK {
			r.sides[side].changes = append(r.sides[side].changes, time.Now())
			if o.Email != "" && !slices.Contains(a.Emails, o.Email) || o.Phone != "" && !slices.Contains(a.Phones, o.Phone) {
				r.judge(side, fmt.Errorf("the answer lacks a value of the request: %v %v", a.Emails, a.Phones))
			}
			return true
		}
		select {
		case <-stop:
			if end.IsZero() {
				end = time.Now().Add(settled)
			}
		default:
		}
		time.Sleep(afterRefusal)
	}
	return false
}

// check asks both processes for one value of a customer.
func (r *rivals) check(ctx context.Context, want component) {
	request := observation{Email: want.emails[r.random.IntN(len(want.emails))]}
	var primaries [processes]uint64
	r.both(func(side int) {
		a, status := r.trial.send(ctx, side, request, &r.sides[side])
		if status == statusOK {
			primaries[side] = a.PrimaryID
			r.judge(side, want.difference(a))
		}
	})
	if primaries[0] != 0 && primaries[1] != 0 && primaries[0] != primaries[1] {
		r.judge(0, fmt.Errorf("two primaries: %d and %d", primaries[0], primaries[1]))
	}
}

func (r *rivals) judge(side int, err error) {
	if err != nil {
		t := &r.sides[side]
		t.wrong = append(t.wrong, fmt.Sprintf("%s: rivals %d: %v", time.Since(r.trial.begun).Round(time.Millisecond), r.number, err))
	}
}
