package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/lanes"
	"github.com/identikit/identikit/internal/ledger"
	"github.com/identikit/identikit/internal/linker"
)

// idle compares one caller that links through lanes with one that links in a transaction of its own,
// request by request. The worse of known and new customers counts.
func (b *bench) idle(ctx context.Context) (err error) {
	s, err := b.open(ctx, "idle", b.known)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	without := linker.New(ledger.New(s.pool), cluster.Policy{}, nil)
	with := lanes.New(without, slog.New(slog.DiscardHandler))
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
