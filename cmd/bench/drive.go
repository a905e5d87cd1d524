package main

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// call makes one request for one caller. Callers are numbered from 0, and each is one goroutine.
type call func(ctx context.Context, caller int, random *rand.Rand) error

// load is a number of callers and how their calls follow each other. If every is 0, a caller makes its
// next call when the last one has returned. Otherwise its calls are due at random times, every so
// often on average, however long the last call took. The load ends after length, or when done is
// closed.
type load struct {
	callers int
	length  time.Duration
	every   time.Duration
	done    <-chan struct{}
}

// round is the result of a load.
type round struct {
	requests   int
	perSecond  float64
	latencies  []time.Duration // ascending
	statements counters        // of the whole server
	usage      usage
}

// percentile returns the latency that the given share of the requests did not exceed.
func (r round) percentile(share float64) time.Duration {
	if len(r.latencies) == 0 {
		return 0
	}
	return r.latencies[int(share*float64(len(r.latencies)-1))]
}

// drive runs a load and stops at the first error.
func drive(ctx context.Context, l load, do call) (round, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	start := time.Now()
	latencies := make([][]time.Duration, l.callers)
	var running sync.WaitGroup
	for i := range l.callers {
		running.Go(func() {
			var err error
			if latencies[i], err = l.run(ctx, start, i, do); err != nil {
				cancel(err)
			}
		})
	}
	running.Wait()
	if err := context.Cause(ctx); err != nil {
		return round{}, err
	}
	all := slices.Concat(latencies...)
	slices.Sort(all)
	return round{requests: len(all), perSecond: float64(len(all)) / time.Since(start).Seconds(), latencies: all}, nil
}

// run is one caller. It measures latency from the time a request was due: if a slow answer delays the
// next request, that one is slow, too.
func (l load) run(ctx context.Context, start time.Time, caller int, do call) ([]time.Duration, error) {
	random := rand.New(rand.NewPCG(uint64(caller), uint64(start.UnixNano()))) //nolint:gosec // load, not a secret
	var latencies []time.Duration
	for due := start; ctx.Err() == nil; {
		if l.every > 0 {
			due = due.Add(rand.N(2 * l.every)) //nolint:gosec // likewise
			time.Sleep(time.Until(due))
		} else {
			due = time.Now()
		}
		if due.Sub(start) >= l.length || l.ended() {
			break
		}
		if err := do(ctx, caller, random); err != nil {
			return nil, err
		}
		latencies = append(latencies, time.Since(due))
	}
	return latencies, nil
}

func (l load) ended() bool {
	select {
	case <-l.done:
		return true
	default:
		return false
	}
}

// median returns the median of what get returns for the rounds.
func median(rounds []round, get func(round) float64) float64 {
	values := make([]float64, len(rounds))
	for i, r := range rounds {
		values[i] = get(r)
	}
	return middle(values)
}

// middle returns the median. For an even number of values it is the mean of the middle two.
func middle(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	values = slices.Sorted(slices.Values(values))
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}

func perSecond(r round) float64 { return r.perSecond }

func p95(r round) float64 { return milliseconds(r.percentile(0.95)) }

func p99(r round) float64 { return milliseconds(r.percentile(0.99)) }

func slowest(r round) float64 { return milliseconds(r.percentile(1)) }

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
