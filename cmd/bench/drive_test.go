package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"
	"time"
)

// Fails if drive hides an error, or goes on after it.
func TestDriveEndsAtTheFirstError(t *testing.T) {
	t.Parallel()
	want := errors.New("refused")
	_, err := drive(t.Context(), load{callers: 4, length: time.Minute}, func(_ context.Context, caller int, _ *rand.Rand) error {
		if caller == 2 {
			return want
		}
		return nil
	})
	if !errors.Is(err, want) {
		t.Errorf("got %v", err)
	}
}

// Fails if a request that was delayed by a slow one counts as fast.
func TestLatencyCountsFromWhenTheRequestWasDue(t *testing.T) {
	t.Parallel()
	slow := true
	r, err := drive(t.Context(), load{callers: 1, length: 200 * time.Millisecond, every: time.Millisecond},
		func(context.Context, int, *rand.Rand) error {
			if slow {
				time.Sleep(150 * time.Millisecond)
			}
			slow = false
			return nil
		})
	if err != nil {
		t.Fatal(err)
	}
	if got := r.percentile(0.5); got < 10*time.Millisecond {
		t.Errorf("median %s of %d requests, most of which were due during the first", got, r.requests)
	}
}

// Fails if middle does not return the median.
func TestMiddle(t *testing.T) {
	t.Parallel()
	for want, values := range map[float64][]float64{0: nil, 7: {7}, 2: {9, 1, 2}, 2.5: {4, 2, 1, 3}} {
		if got := middle(values); got != want {
			t.Errorf("middle(%v) = %v, want %v", values, got, want)
		}
	}
}
