package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker"
)

// calm is a load far below what one core can do: latencies are those of the requests, and not of
// a queue. 8 callers, each on average every 40 ms: 200 requests/s.
func (b *bench) calm() load {
	return load{callers: 8, length: 2 * b.round, every: 40 * time.Millisecond}
}

// idle compares one caller that links through lanes with one that links in a transaction of its own,
// request by request. The worse of known and new customers counts.
func (b *bench) idle(ctx context.Context) (err error) {
	s, err := b.open(ctx, "idle", b.known)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	without := linker.New(s.pool, linker.Policy{})
	with := linker.NewLanes(without, slog.New(slog.DiscardHandler))
	defer with.Stop()
	kinds := []func(*rand.Rand) identity.Observation{
		s.people.known, func(*rand.Rand) identity.Observation { return s.people.newcomer() },
	}
	var worst spread
	var ours, theirs float64
	var shown [2]string
	for i, next := range kinds {
		var a, o, ratio []float64
		for range b.rounds {
			first, second, err := b.alternate(ctx, linkOne(with, next), linkOne(without, next))
			if err != nil {
				return err
			}
			a, o, ratio = append(a, first), append(o, second), append(ratio, first/second)
		}
		if found := spreadOf(ratio...); found.median > worst.median {
			worst, ours, theirs = found, middle(a), middle(o)
		}
		shown[i] = fmt.Sprintf("%.3f : %.3f ms", middle(a), middle(o))
	}
	b.rows = append(b.rows, row{
		work:   fmt.Sprintf("one request on an idle server (known %s, new %s)", shown[0], shown[1]),
		ours:   fmt.Sprintf("%.3f ms", ours),
		theirs: fmt.Sprintf("without lanes: %.3f ms", theirs),
		ratio:  worst, target: atMost(1.05),
	})
	return nil
}

// alternate calls two calls in turn, as one caller, for one round of requests, and returns their
// medians in milliseconds.
func (b *bench) alternate(ctx context.Context, calls ...call) (first, second float64, err error) {
	random := rand.New(rand.NewPCG(1, 1)) //nolint:gosec // load, not a secret
	latencies := make([][]float64, len(calls))
	for n := range max(1, b.requests/b.rounds) {
		for i := range calls {
			i = (i + n) % len(calls) // neither is always second
			start := time.Now()
			if err := calls[i](ctx, 0, random); err != nil {
				return 0, 0, err
			}
			latencies[i] = append(latencies[i], milliseconds(time.Since(start)))
		}
	}
	return middle(latencies[0]), middle(latencies[1]), nil
}

// size compares a big table with the usual one at the same calm load.
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

// calmly puts the calm load on a shop, after a warm-up at full speed: the server's memory is shared
// with the other shop.
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

// cluster measures requests about big clusters: nine members that are known to one new value.
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
