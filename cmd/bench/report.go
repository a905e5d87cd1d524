package main

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// target is what the median of a row should reach.
type target struct {
	text    string
	reached func(median float64) bool
	unit    string
}

func atLeast(times float64) target {
	return target{fmt.Sprintf("≥ %v ×", times), func(ratio float64) bool { return ratio >= times }, " ×"}
}

func atMost(times float64) target {
	return target{fmt.Sprintf("≤ %v ×", times), func(ratio float64) bool { return ratio <= times }, " ×"}
}

func under(most float64, unit string) target {
	return target{fmt.Sprintf("under %v %s", most, unit), func(n float64) bool { return n < most }, " " + unit}
}

// row is a line of the table. A row whose target has no text was not measured.
type row struct {
	work, ours, theirs string
	ratio              spread // or another figure that the target is about
	target             target
}

// detail has the rounds that a row was computed from.
type detail struct {
	work, side string
	rounds     []round
}

// report writes the results as Markdown.
func (b *bench) report(w io.Writer, where surroundings) error {
	var text strings.Builder
	fmt.Fprintf(&text, "%s. %s; %s. %s; load average at the start %s; the run took %s.\n\n", where.machine, where.server, where.settings,
		where.start.UTC().Format("2006-01-02 15:04 UTC"), where.load, time.Since(where.start).Round(time.Second))
	fmt.Fprintf(&text, "Client, service and database share the machine. %d callers, %s customers known, %d rounds of %s for "+
		"each side, taking turns. A ratio is the median of the ratios of each pair of rounds, with their range in brackets; "+
		"a ratio without a range was measured once. Other figures are medians. The service runs with its default settings and "+
		"LOG_LEVEL=warn; each caller is a keep-alive connection with one request under way.\n\n",
		callers, short(b.known), b.rounds, b.round)
	fmt.Fprint(&text, "| work | Identikit | against | ratio | target | reached |\n|---|--:|---|--:|--:|---|\n")
	for _, r := range b.rows {
		fmt.Fprintln(&text, r)
	}
	if len(b.details) > 0 {
		writeDetails(&text, b.details)
	}
	for _, t := range b.tables {
		fmt.Fprint(&text, t)
	}
	_, err := io.WriteString(w, text.String())
	return err
}

// writeDetails writes what is behind the rows.
func writeDetails(w io.Writer, details []detail) {
	fmt.Fprint(w, "\nDetails, medians: latencies as the caller saw them, statements of the whole server, and "+
		"processor time. The client is this program; it also does the work of the baselines that use the database directly.\n\n"+
		"| work | side | per second | p50 | p95 | p99 | statements/request (SELECT, INSERT, COMMIT) "+
		"| µs/request (client, service, database) |\n|---|---|--:|--:|--:|--:|--:|--:|\n")
	for _, d := range details {
		fmt.Fprintln(w, d)
	}
}

func (r row) String() string {
	if r.target.text == "" {
		return fmt.Sprintf("| %s | %s | | | | |", r.work, r.ours)
	}
	reached := "no"
	if r.target.reached(r.ratio.median) {
		reached = "yes"
	}
	return fmt.Sprintf("| %s | %s | %s | %s | %s | %s |",
		r.work, r.ours, r.theirs, r.ratio.format(r.target.unit), r.target.text, reached)
}

func (d detail) String() string {
	latency := func(share float64) string {
		return fmt.Sprintf("%.2f ms", median(d.rounds, func(r round) float64 { return milliseconds(r.percentile(share)) }))
	}
	statements := func(get func(counters) uint64) float64 {
		return median(d.rounds, func(r round) float64 { return float64(get(r.statements)) / float64(max(1, r.requests)) })
	}
	cpu := func(get func(usage) time.Duration) float64 {
		return median(d.rounds, func(r round) float64 { return float64(get(r.usage).Microseconds()) / float64(max(1, r.requests)) })
	}
	return fmt.Sprintf("| %s | %s | %.0f | %s | %s | %s | %.2f (%.2f, %.2f, %.2f) | %.0f (%.0f, %.0f, %.0f) |",
		d.work, d.side, median(d.rounds, perSecond), latency(0.5), latency(0.95), latency(0.99),
		statements(func(c counters) uint64 { return c.all }), statements(func(c counters) uint64 { return c.selects }),
		statements(func(c counters) uint64 { return c.inserts }), statements(func(c counters) uint64 { return c.commits }),
		cpu(usage.sum), cpu(func(u usage) time.Duration { return u.client }),
		cpu(func(u usage) time.Duration { return u.service }), cpu(func(u usage) time.Duration { return u.database }))
}

// table is another table of the report.
type table struct {
	title, header string
	lines         []string
}

// addLine adds a line to the table with the title, which it adds if there is none.
func (b *bench) addLine(title, header, line string) {
	for i := range b.tables {
		if b.tables[i].title == title {
			b.tables[i].lines = append(b.tables[i].lines, line)
			return
		}
	}
	b.tables = append(b.tables, table{title, header, []string{line}})
}

func (t table) String() string {
	columns := strings.Count(t.header, " | ") + 1
	return fmt.Sprintf("\n%s\n\n| %s |\n%s|\n| %s |\n", t.title, t.header, strings.Repeat("|---", columns), strings.Join(t.lines, " |\n| "))
}

// short writes 100k and 10M.
func short(n int) string {
	switch {
	case n >= 1_000_000 && n%1_000_000 == 0:
		return fmt.Sprintf("%dM", n/1_000_000)
	case n >= 1000 && n%1000 == 0:
		return fmt.Sprintf("%dk", n/1000)
	}
	return fmt.Sprint(n)
}
