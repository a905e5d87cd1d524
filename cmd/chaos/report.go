package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

const (
	header = "| round | seed | requests | acknowledged | outcome unknown | islands | ordered | events | longest answer | faults " +
		"| findings |\n" +
		"|--:|---|--:|--:|--:|--:|--:|--:|--:|---|--:|\n"
	// mostShown is how many findings of a round are printed.
	mostShown = 20
)

// String is a line of the table.
func (r result) String() string {
	ordered := fmt.Sprint(r.ordered)
	if r.undecided > 0 {
		ordered += fmt.Sprintf(" (%d not decided)", r.undecided)
	}
	return fmt.Sprintf("| %d | %d | %d | %d | %d | %d | %s | %d | %.1f s | %s | %d |\n",
		r.number, r.seed, r.operations, r.acknowledged, r.unknown, r.islands,
		ordered, r.events, r.longest.Round(100*time.Millisecond).Seconds(), list(r.caused), len(r.findings))
}

func list(counts map[string]int) string {
	var texts []string
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		texts = append(texts, fmt.Sprintf("%d × %s", counts[name], name))
	}
	return strings.Join(texts, ", ")
}

// show prints what a round has found, and how to repeat it.
func (r result) show(w io.Writer) {
	if len(r.findings) == 0 {
		return
	}
	fmt.Fprintf(w, "\nround %d: %d findings; repeat it with -seed %d -rounds 1\n", r.number, len(r.findings), r.seed)
	for _, text := range r.findings[:min(mostShown, len(r.findings))] {
		fmt.Fprintf(w, "  - %s\n", text)
	}
	fmt.Fprintln(w)
}
