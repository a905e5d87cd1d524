package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// planned is a fault of the schedule, some time after the one before it.
type planned struct {
	fault
	after   time.Duration
	process int    // of which it is
	seed    uint64 // of what is random in it
}

// schedule draws faults until the end of a round: one list for the server, and one for each process. It
// depends on the seed alone.
func schedule(random *rand.Rand, processes int, length time.Duration, allowed []string, clock bool) [][]planned {
	var server, process []fault
	for _, f := range faults() {
		switch {
		case len(allowed) > 0 && !slices.Contains(allowed, f.name), f.clock && !clock:
		case f.server:
			server = append(server, f)
		default:
			process = append(process, slices.Repeat([]fault{f}, max(1, f.often))...)
		}
	}
	lists := [][]planned{draw(random, server, 0, length, 5*time.Second)}
	for p := range processes {
		lists = append(lists, draw(random, process, p, length, 6*time.Second))
	}
	return lists
}

func draw(random *rand.Rand, of []fault, process int, length, mean time.Duration) []planned {
	var list []planned
	for at := time.Duration(0); len(of) > 0; {
		p := planned{fault: of[random.IntN(len(of))], process: process, seed: random.Uint64()}
		p.after = time.Duration(random.ExpFloat64() * float64(mean))
		if at += p.after; at > length {
			break
		}
		list = append(list, p)
	}
	return list
}

// cause causes the faults of a schedule, and returns when the last one has ended.
func (r *round) cause(ctx context.Context, lists [][]planned) error {
	var running sync.WaitGroup
	errs := make([]error, len(lists))
	for n, list := range lists {
		running.Go(func() { errs[n] = r.causeAll(ctx, list) })
	}
	running.Wait()
	return errors.Join(errs...)
}

func (r *round) causeAll(ctx context.Context, list []planned) error {
	for _, f := range list {
		sleep(ctx, f.after)
		if r.isOver() || ctx.Err() != nil {
			return nil //nolint:nilerr // whoever waits for the round sees it
		}
		r.logf("%s: %s of process %d", r.client.now().Round(time.Millisecond), f.name, f.process)
		begun := r.client.now()
		random := rand.New(rand.NewPCG(f.seed, 1)) //nolint:gosec // a schedule, not a secret
		if err := f.do(ctx, r, r.processes[f.process], random); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		r.note(f, span{begun, r.client.now()})
	}
	return nil
}

// note records that a fault has happened.
func (r *round) note(f planned, at span) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.caused[f.name]++
	for _, p := range r.processes {
		if f.server || p.number == f.process {
			r.disturbed[p.number] = append(r.disturbed[p.number], at)
		}
	}
}

// isDisturbed reports whether a fault may have hit an operation between its process and the database.
func (r *round) isDisturbed(o *operation) bool {
	return slices.ContainsFunc(r.disturbed[o.process], span{o.start, o.end}.overlaps)
}
