package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	"github.com/identikit/identikit/internal/identity"
)

// reads is what one query reads.
type reads struct {
	calls map[string]float64 // for a request of each kind
	rows  float64            // that a call examines
	pages float64            // that a call touches; 0 if it writes
	keys  string             // that the server uses, each with the access
}

// probe sends a few requests of each kind and finds out what the queries of them read, by their names. The
// result is empty if the server does not keep this, as MariaDB.
func (b *bench) probe(ctx context.Context, s *shop) (map[string]*reads, error) {
	if _, err := s.statements(ctx); err != nil {
		b.logf("%s: what statements read is not known: %v", s.name, err)
		return nil, nil //nolint:nilnil // nothing is known
	}
	connected, disconnect, err := clients(ctx, s.service.address, 1)
	if err != nil {
		return nil, err
	}
	defer disconnect()
	found := map[string]*reads{}
	for _, k := range kinds() {
		do := overHTTP(connected, func(random *rand.Rand) identity.Observation { return k.next(s.people, random) })
		if err := s.probeKind(ctx, k.name, do, found); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// probeKind makes a call a few times, one at a time, and adds its queries to those found. What a query reads is
// taken from the first kind that has it.
func (s *shop) probeKind(ctx context.Context, kind string, do call, found map[string]*reads) error {
	const requests = 20
	before, err := s.statements(ctx)
	if err != nil {
		return err
	}
	random := rand.New(rand.NewPCG(rand.Uint64(), 1)) //nolint:gosec // load, not a secret; not the customers of the last run
	for range requests {
		if err := do(ctx, 0, random); err != nil {
			return err
		}
	}
	after, err := s.statements(ctx)
	if err != nil {
		return err
	}
	for name, a := range after {
		calls := a.calls - before[name].calls
		if calls < requests/2 {
			continue // of other requests
		}
		if found[name] == nil {
			if found[name], err = s.readsOf(ctx, a.sample); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			found[name].rows = (a.rows - before[name].rows) / calls
		}
		found[name].calls[kind] = calls / requests
	}
	return nil
}

func (s *shop) readsOf(ctx context.Context, sample string) (*reads, error) {
	keys, err := s.explain(ctx, sample)
	if err != nil {
		return nil, err
	}
	pages, err := s.pages(ctx, sample)
	return &reads{calls: map[string]float64{}, keys: keys, pages: pages}, err
}

// addReads adds the table of what the queries read on two shops.
func (b *bench) addReads(small *shop, ofSmall map[string]*reads, big *shop, ofBig map[string]*reads) {
	title := fmt.Sprintf("What each statement reads at %s : %s contacts. Pages are counted for those that only read.",
		small.size(), big.size())
	for _, name := range slices.Sorted(maps.Keys(ofBig)) {
		z := ofBig[name]
		a := cmp.Or(ofSmall[name], &reads{})
		keys, pages := z.keys, ""
		if a.keys != z.keys {
			keys += " (at " + small.size() + ": " + a.keys + ")"
		}
		if z.pages > 0 {
			pages = fmt.Sprintf("%.0f : %.0f", a.pages, z.pages)
		}
		b.addLine(title, "query | calls a request (known, new, link, merge) | rows examined a call | pages touched a call | keys",
			fmt.Sprintf("%s | %.2f, %.2f, %.2f, %.2f | %.1f : %.1f | %s | %s", name,
				z.calls["known"], z.calls["new"], z.calls["link"], z.calls["merge"], a.rows, z.rows, pages, keys))
	}
}
