package main

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/cheggaaa/pb/v3"

	"github.com/identikit/identikit/internal/importer"
)

// lineInterval is how often progress is printed if there is no terminal.
const lineInterval = 5 * time.Second

// display shows the progress of an import.
type display interface {
	progress(importer.Progress)
	end()
}

// newDisplay returns a bar on a terminal and lines elsewhere. size is the size of the input, or 0
// if it is not known.
func newDisplay(w io.Writer, size int64) display {
	if isTerminal(w) {
		return newBar(w, size)
	}
	return &lines{w: w, size: size, clock: time.Now, began: time.Now(), printed: time.Now()}
}

// bar is one line that is overwritten.
type bar struct {
	pb    *pb.ProgressBar
	speed speed
}

func newBar(w io.Writer, size int64) *bar {
	template := `{{string . "rows"}} {{bar . }} {{percent . "%.0f%%"}} {{rtime . "%s left" "%s" "? left"}}  {{string . "counts"}}`
	if size == 0 {
		template = `{{string . "rows"}} {{etime . }}  {{string . "counts"}}`
	}
	b := &bar{pb: pb.New64(size).SetTemplateString(template).SetWriter(w)}
	b.progress(importer.Progress{})
	b.pb.Start()
	return b
}

func (b *bar) progress(p importer.Progress) {
	counts := fmt.Sprintf("created %s linked %s merged %s unchanged %s refused %s",
		brief(p.Counts.Created), brief(p.Counts.Linked), brief(p.Counts.Merged), brief(p.Counts.Unchanged), brief(p.Refused))
	if p.Decided > 0 {
		counts = fmt.Sprintf("applied %s refused %s", brief(p.Decided), brief(p.Refused))
	}
	if p.Unreachable != nil {
		counts = "the database is unreachable; waiting"
	}
	b.pb.Set("rows", fmt.Sprintf("%s rows %s/s", brief(p.Rows), brief(b.speed.of(p.Rows, time.Now())))).Set("counts", counts)
	b.pb.SetCurrent(p.Bytes)
}

func (b *bar) end() { b.pb.Finish() }

// lines prints a line at intervals.
type lines struct {
	w       io.Writer
	size    int64
	clock   func() time.Time
	began   time.Time
	printed time.Time
	rows    int // at the last line
}

func (l *lines) progress(p importer.Progress) {
	now := l.clock()
	since := now.Sub(l.printed)
	if since < lineInterval {
		return
	}
	counts := fmt.Sprintf("%d created, %d linked, %d merged, %d unchanged, %d refused",
		p.Counts.Created, p.Counts.Linked, p.Counts.Merged, p.Counts.Unchanged, p.Refused)
	if p.Decided > 0 {
		counts = fmt.Sprintf("%d applied, %d refused", p.Decided, p.Refused)
	}
	if p.Unreachable != nil {
		fmt.Fprintf(l.w, "%d rows; the database is unreachable, waiting: %v\n", p.Rows, p.Unreachable)
	} else {
		fmt.Fprintf(l.w, "%d rows, %.0f/s%s: %s\n",
			p.Rows, float64(p.Rows-l.rows)/since.Seconds(), l.remaining(p.Bytes, now), counts)
	}
	l.printed, l.rows = now, p.Rows
}

// remaining is the part that is done and the time that is left, if the size is known.
func (l *lines) remaining(done int64, now time.Time) string {
	if l.size == 0 || done == 0 {
		return ""
	}
	left := now.Sub(l.began).Seconds() * float64(l.size-done) / float64(done)
	return fmt.Sprintf(", %d%%, %s left", 100*done/l.size, time.Duration(left)*time.Second)
}

func (l *lines) end() {}

// speed is rows per second, smoothed over some seconds.
type speed struct {
	at   time.Time
	rows int
	rate float64
}

func (s *speed) of(rows int, now time.Time) int {
	const window = 2 * time.Second
	passed := now.Sub(s.at)
	switch {
	case s.at.IsZero():
		s.at, s.rows = now, rows
	case passed >= window/2:
		current := float64(rows-s.rows) / passed.Seconds()
		if s.rate == 0 {
			s.rate = current
		}
		weight := min(1, passed.Seconds()/window.Seconds())
		s.rate += weight * (current - s.rate)
		s.at, s.rows = now, rows
	}
	return int(s.rate)
}

// brief formats n in at most five characters, up to a billion.
func brief(n int) string {
	switch {
	case n < 10_000:
		return strconv.Itoa(n)
	case n < 999_500:
		return fmt.Sprintf("%.3gk", float64(n)/1e3)
	case n < 999_500_000:
		return fmt.Sprintf("%.3gM", float64(n)/1e6)
	}
	return fmt.Sprintf("%dM", n/1_000_000)
}
