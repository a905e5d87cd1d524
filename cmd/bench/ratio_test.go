package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Fails if the ratio is not that of the rounds that belong together: the median of these ratios is 3,
// while the ratio of the medians is 2.
func TestRatiosOfPairs(t *testing.T) {
	t.Parallel()
	rounds := func(values ...float64) (rounds []round) {
		for _, value := range values {
			rounds = append(rounds, round{perSecond: value})
		}
		return rounds
	}
	got := ratios(rounds(300, 200, 60), rounds(100, 200, 10), perSecond)
	if diff := cmp.Diff(spread{median: 3, low: 1, high: 6, count: 3}, got, cmp.AllowUnexported(spread{})); diff != "" {
		t.Error(diff)
	}
}

// Fails if a row shows a range where something was measured once, or none where it was not.
func TestFormatOfSpread(t *testing.T) {
	t.Parallel()
	for want, values := range map[string][]float64{
		"0.00 ×": nil, "1.50 ×": {1.5}, "2.00 × (1.00–4.00)": {1, 4, 2}, "1.50 × (1.00–2.00)": {1, 2},
	} {
		if got := spreadOf(values...).format(" ×"); got != want {
			t.Errorf("%v: got %q, want %q", values, got, want)
		}
	}
}
