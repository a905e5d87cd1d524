package main

import (
	"fmt"
	"slices"
)

// spread is what several measurements of one figure found.
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

// ratios divides what get finds in each round of ours by what it finds in the round of theirs that
// came with it. Two rounds that follow each other see the same machine, so that their ratio moves
// less than a ratio of two medians.
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
