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
// load, how many the server can do, what they read and write, and how many bytes a contact takes. Whether a
// large table fits in the server's memory is up to the server: the buffer pool is as large as it is.
func (b *bench) growth(ctx context.Context) (err error) {
	small, err := b.openGrown(ctx, b.sizes[0], false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, small.close()) }()
	ofSmall, err := b.probe(ctx, small)
	if err != nil {
		return err
	}
	for _, n := range b.sizes[1:] {
		if err := b.growTo(ctx, n, small, ofSmall); err != nil {
			return err
		}
	}
	return errors.Join(b.addBytes(ctx, small), b.fully(ctx, small))
}

// growTo measures one large table, and compares it with the smallest.
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
	if err := b.addBytes(ctx, big); err != nil {
		return err
	}
	if err := b.warm(ctx, big); err != nil {
		return err
	}
	for _, k := range kinds() {
		if err := b.growthOf(ctx, k, big, small); err != nil {
			return err
		}
	}
	return b.fully(ctx, big)
}

// growthOf compares one kind of request under the calm load on two shops, which take turns.
func (b *bench) growthOf(ctx context.Context, k kind, big, small *shop) error {
	onBig, onSmall := &measured{shop: big}, &measured{shop: small}
	for range b.rounds {
		for _, m := range []*measured{onBig, onSmall} {
			if err := b.add(ctx, m, k, b.calm()); err != nil {
				return err
			}
			b.logf("%s, %s: p95 %.2f ms", k.name, m.shop.size(), p95(m.rounds[len(m.rounds)-1]))
		}
	}
	b.show(k.name+", 200/s", onBig)
	b.show(k.name+", 200/s", onSmall)
	b.rows = append(b.rows, row{
		work: fmt.Sprintf("p95 of %s at %s contacts", k.name, big.size()), ours: fmt.Sprintf("%.2f ms", median(onBig.rounds, p95)),
		theirs: fmt.Sprintf("at %s: %.2f ms", small.size(), median(onSmall.rounds, p95)),
		ratio:  ratios(onBig.rounds, onSmall.rounds, p95), target: atMost(1.2),
	})
	return nil
}

// fully measures how many requests the server can do.
func (b *bench) fully(ctx context.Context, s *shop) error {
	for _, k := range append(kinds()[:2], kind{"mixed", (*people).mixed}) {
		m := &measured{shop: s}
		for range b.rounds {
			if err := b.add(ctx, m, k, load{callers: callers, length: b.round}); err != nil {
				return err
			}
		}
		b.logf("%s, %s: %.0f/s", k.name, s.size(), median(m.rounds, perSecond))
		b.show(fmt.Sprintf("%s, %d callers", k.name, callers), m)
	}
	return nil
}

// measured are the rounds of one kind of request on one shop, and what the server did in each.
type measured struct {
	shop    *shop
	rounds  []round
	effects []effect
}

// add measures one more round, after a shorter one that is not measured.
func (b *bench) add(ctx context.Context, m *measured, k kind, l load) error {
	connected, disconnect, err := clients(ctx, m.shop.service.address, l.callers)
	if err != nil {
		return err
	}
	defer disconnect()
	do := overHTTP(connected, func(random *rand.Rand) identity.Observation { return k.next(m.shop.people, random) })
	if _, err := drive(ctx, load{callers: l.callers, every: l.every, length: b.warmUp()}, do); err != nil {
		return err
	}
	before, err := b.server.effect(ctx)
	if err != nil {
		return err
	}
	r, err := b.observe(ctx, side{pid: m.shop.service.pid(), call: do}, l)
	if err != nil {
		return err
	}
	after, err := b.server.effect(ctx)
	m.rounds, m.effects = append(m.rounds, r), append(m.effects, after.since(before).each(r.requests))
	return err
}

// show adds the details of what was measured.
func (b *bench) show(work string, m *measured) {
	b.details = append(b.details, detail{work: work, side: m.shop.size() + " contacts", rounds: m.rounds})
	b.addEffect(work, m)
}

// size is the number of customers that a shop was filled with.
func (s *shop) size() string { return short(int(s.people.stored)) } //nolint:gosec // it came from an int
