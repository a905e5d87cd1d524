package main

import (
	"fmt"
	"slices"
)

// spread is the result of several measurements of one figure.
type spread struct {
	median, low, high float64
	count             int
}

// spreadOf returns the median and the range of values.
func spreadOf(values ...float64) spread {
	if len(values) == 0 {
		return spread{}
	}
	return spread{median: middle(values), low: slices.Min(values), high: slices.Max(values), count: len(values)}
}

// ratios divides what get returns for each round of ours by what it returns for the same round of
// theirs. Rounds that follow each other run under the same conditions, so their ratio varies less
// than the ratio of two medians.
func ratios(ours, theirs []round, get func(round) float64) spread {
	values := make([]float64, min(len(ours), len(theirs)))
	for i := range values {
		values[i] = get(ours[i]) / get(theirs[i])
	}
	return spreadOf(values...)
}

// format writes the median with its unit, and the range if there was more than one measurement.
func (s spread) format(unit string) string {
	text := fmt.Sprintf("%.2f%s", s.median, unit)
	if s.count > 1 {
		text += fmt.Sprintf(" (%.2f–%.2f)", s.low, s.high)
	}
	return text
}
