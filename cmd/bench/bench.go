package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"
)

// callers is the number of concurrent requests where throughput is measured.
const callers = 64

// bench is one run: what it works with, and its results.
type bench struct {
	options
	server   *server
	binary   string // the service
	dir      string // for files
	progress io.Writer

	rows    []row
	details []detail
	tables  []table // of growth
}

// experiment is a part of the run that can be asked for on its own.
type experiment struct {
	name string
	run  func(*bench, context.Context) error
}

func experiments() []experiment {
	return []experiment{
		{"known", (*bench).allKnown},
		{"new", (*bench).allNew},
		{"mixed", (*bench).mixed},
		{"guard", (*bench).guard},
		{"import", (*bench).imports},
		{"idle", (*bench).idle},
		{"growth", (*bench).growth},
		{"cluster", (*bench).cluster},
		{"undo", (*bench).undo},
		{"hub", (*bench).hub},
		{"stuck", (*bench).stuck},
	}
}

func names() []string {
	var names []string
	for _, e := range experiments() {
		names = append(names, e.name)
	}
	return names
}

// measure runs the experiments one after the other. An experiment that fails becomes a row
// that says so.
func (b *bench) measure(ctx context.Context) error {
	for _, e := range experiments() {
		if len(b.only) > 0 && !slices.Contains(b.only, e.name) {
			continue
		}
		start := time.Now()
		err := e.run(b, ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			b.rows = append(b.rows, row{work: e.name, ours: "not measured: " + err.Error()})
		}
		b.logf("%s: done in %s", e.name, time.Since(start).Round(time.Second))
	}
	return nil
}

func (b *bench) logf(format string, args ...any) {
	fmt.Fprintf(b.progress, "bench: "+format+"\n", args...)
}

// side is one of several ways to do the same work.
type side struct {
	name string
	pid  int // of the process that does it; 0 for this one
	call call
}

// compare runs the sides in turn, so that other work on the machine affects each of them, and returns
// the rounds of each.
func (b *bench) compare(ctx context.Context, work string, sides ...side) ([][]round, error) {
	for _, s := range sides {
		if _, err := drive(ctx, load{callers: callers, length: b.warmUp()}, s.call); err != nil {
			return nil, fmt.Errorf("%s: %w", s.name, err)
		}
	}
	rounds := make([][]round, len(sides))
	for range b.rounds {
		for i, s := range sides {
			r, err := b.observe(ctx, s, load{callers: callers, length: b.round})
			if err != nil {
				return nil, fmt.Errorf("%s: %w", s.name, err)
			}
			b.logf("%s, %s: %.0f/s", work, s.name, r.perSecond)
			rounds[i] = append(rounds[i], r)
		}
	}
	for i, s := range sides {
		b.details = append(b.details, detail{work: work, side: s.name, rounds: rounds[i]})
	}
	return rounds, nil
}

// warmUp is long enough for every connection to have prepared its statements.
func (b *bench) warmUp() time.Duration { return b.round / 2 }

// observe puts a load on one side, and measures what the server and the processes did for it.
func (b *bench) observe(ctx context.Context, s side, l load) (round, error) {
	before, err := b.server.counters(ctx)
	if err != nil {
		return round{}, err
	}
	used := b.usage(s)
	r, err := drive(ctx, l, s.call)
	if err != nil {
		return round{}, err
	}
	r.usage = b.usage(s).minus(used)
	after, err := b.server.counters(ctx)
	if err != nil {
		return round{}, err
	}
	r.statements = after.minus(before)
	return r, nil
}

func (b *bench) usage(s side) usage {
	return usage{client: ownCPU(), service: cpuOf(s.pid), database: cpuOf(b.server.pid)}
}
