package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/identikit/identikit/internal/identity"
)

// calm is a load far below the capacity of one core, so that latencies are those of the requests and
// not of a queue: 8 callers, each every 40 ms on average, 200 requests/s.
func (b *bench) calm() load {
	return load{callers: 8, length: 2 * b.round, every: 40 * time.Millisecond}
}

// size compares a large table with one of the usual size, under the same calm load.
func (b *bench) size(ctx context.Context) (err error) {
	if b.big == 0 {
		return errors.New("left out by -big 0")
	}
	small, err := b.open(ctx, "small", b.known)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, small.close()) }()
	big, err := b.open(ctx, "big", b.big)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, big.close()) }()
	var details [2]detail
	for range b.rounds {
		for i, s := range []*shop{big, small} {
			r, err := b.calmly(ctx, s, s.people.mostlyKnown)
			if err != nil {
				return err
			}
			details[i].rounds = append(details[i].rounds, r)
			details[i].work, details[i].side = "9 known / 1 new, 200/s", fmt.Sprintf("%d contacts", s.people.stored)
			b.logf("%s: p95 %.2f ms", details[i].side, p95(r))
		}
	}
	onBig, onSmall := details[0].rounds, details[1].rounds
	b.details = append(b.details, details[:]...)
	b.rows = append(b.rows, row{
		work: fmt.Sprintf("p95 at %s contacts", short(b.big)), ours: fmt.Sprintf("%.2f ms", median(onBig, p95)),
		theirs: fmt.Sprintf("at %s: %.2f ms", short(b.known), median(onSmall, p95)),
		ratio:  ratios(onBig, onSmall, p95), target: atMost(1.5),
	})
	return nil
}

// calmly observes a shop under the calm load, after a warm-up at full speed: the two shops share the
// server's memory.
func (b *bench) calmly(ctx context.Context, s *shop, next func(*rand.Rand) identity.Observation) (round, error) {
	l := b.calm()
	connected, disconnect, err := clients(ctx, s.service.address, l.callers)
	if err != nil {
		return round{}, err
	}
	defer disconnect()
	do := overHTTP(connected, next)
	if _, err := drive(ctx, load{callers: l.callers, length: b.warmUp()}, do); err != nil {
		return round{}, err
	}
	return b.observe(ctx, side{pid: s.service.pid(), call: do}, l)
}

// cluster measures requests about large clusters. One in ten adds a new value.
func (b *bench) cluster(ctx context.Context) (err error) {
	const clusters, members = 20, 1000
	s, err := b.open(ctx, "cluster", b.known)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	known, err := addClusters(ctx, s.database, clusters, members)
	if err != nil {
		return err
	}
	var added atomic.Uint64
	next := func(random *rand.Rand) identity.Observation {
		o := known[random.IntN(len(known))]
		if random.IntN(10) == 0 {
			o.Phone = fmt.Sprintf("7%09d", added.Add(1))
		}
		return o
	}
	connected, disconnect, err := clients(ctx, s.service.address, 1)
	if err != nil {
		return err
	}
	defer disconnect()
	one := side{name: "Identikit over HTTP, one caller", pid: s.service.pid(), call: overHTTP(connected, next)}
	r, err := b.observe(ctx, one, load{callers: 1, length: 2 * b.round})
	if err != nil {
		return err
	}
	b.details = append(b.details, detail{work: "1,000-member cluster, 9 known / 1 new value", side: one.name, rounds: []round{r}})
	b.rows = append(b.rows, row{
		work: "1,000-member cluster: identify", ours: fmt.Sprintf("p95 %.1f ms", p95(r)), ratio: spreadOf(p95(r)), target: under(25, "ms"),
	})
	return nil
}
