package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/identikit/identikit/internal/identity"
)

// kind is one kind of request.
type kind struct {
	name string
	next func(*people, *rand.Rand) identity.Observation
}

func kinds() []kind {
	return []kind{
		{"known", (*people).known},
		{"new", func(p *people, _ *rand.Rand) identity.Observation { return p.newcomer() }},
		{"link", (*people).link},
		{"merge", func(p *people, _ *rand.Rand) identity.Observation { return p.merge() }},
	}
}

// growth compares large tables with the smallest one: how long each kind of request takes under the calm
// load, what it reads and writes, and how many bytes a contact takes. Whether a large table fits in the
// server's memory is up to the server: the buffer pool is as large as it is.
func (b *bench) growth(ctx context.Context) (err error) {
	small, err := b.openGrown(ctx, b.sizes[0], false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, small.close()) }()
	probed, err := b.probe(ctx, small)
	if err != nil {
		return err
	}
	for _, n := range b.sizes[1:] {
		if err := b.growTo(ctx, n, small, probed); err != nil {
			return err
		}
	}
	return b.addBytes(ctx, small)
}

// growTo compares one large table with the smallest.
func (b *bench) growTo(ctx context.Context, n int, small *shop, ofSmall map[string]*reads) (err error) {
	big, err := b.openGrown(ctx, n, b.keep)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, big.close()) }()
	ofBig, err := b.probe(ctx, big)
	if err != nil {
		return err
	}
	b.addReads(small, ofSmall, big, ofBig)
	if err := b.warm(ctx, big); err != nil {
		return err
	}
	for _, k := range kinds() {
		if err := b.growthOf(ctx, k, big, small); err != nil {
			return err
		}
	}
	return b.addBytes(ctx, big)
}

// growthOf compares one kind of request on two shops, which take turns.
func (b *bench) growthOf(ctx context.Context, k kind, big, small *shop) error {
	shops := [2]*shop{big, small}
	var details [2]detail
	var effects [2][]effect
	for range b.rounds {
		for i, s := range shops {
			r, e, err := b.effectOf(ctx, s, k)
			if err != nil {
				return err
			}
			details[i].work, details[i].side = k.name+", 200/s", s.size()+" contacts"
			details[i].rounds, effects[i] = append(details[i].rounds, r), append(effects[i], e)
			b.logf("%s, %s: p95 %.2f ms", k.name, s.size(), p95(r))
		}
	}
	b.details = append(b.details, details[:]...)
	for i, s := range shops {
		b.addEffect(k.name, s, effects[i])
	}
	onBig, onSmall := details[0].rounds, details[1].rounds
	b.rows = append(b.rows, row{
		work: fmt.Sprintf("p95 of %s at %s contacts", k.name, big.size()), ours: fmt.Sprintf("%.2f ms", median(onBig, p95)),
		theirs: fmt.Sprintf("at %s: %.2f ms", small.size(), median(onSmall, p95)),
		ratio:  ratios(onBig, onSmall, p95), target: atMost(1.2),
	})
	return nil
}

// effectOf observes one kind of request on one shop.
func (b *bench) effectOf(ctx context.Context, s *shop, k kind) (round, effect, error) {
	connected, disconnect, err := clients(ctx, s.service.address, b.calm().callers)
	if err != nil {
		return round{}, effect{}, err
	}
	defer disconnect()
	do := overHTTP(connected, func(random *rand.Rand) identity.Observation { return k.next(s.people, random) })
	l := b.calm()
	l.length = b.warmUp()
	if _, err := drive(ctx, l, do); err != nil {
		return round{}, effect{}, err
	}
	before, err := b.server.effect(ctx)
	if err != nil {
		return round{}, effect{}, err
	}
	r, err := b.observe(ctx, side{pid: s.service.pid(), call: do}, b.calm())
	if err != nil {
		return round{}, effect{}, err
	}
	after, err := b.server.effect(ctx)
	return r, after.since(before).each(r.requests), err
}

// size is the number of customers that a shop was filled with.
func (s *shop) size() string { return short(int(s.people.stored)) } //nolint:gosec // it came from an int
