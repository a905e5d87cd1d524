package main

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// writes keeps what each Write was given.
type writes struct {
	mu     sync.Mutex
	chunks []string
}

func (w *writes) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.chunks = append(w.chunks, string(b))
	return len(b), nil
}

// take returns what has been written since it was last called.
func (w *writes) take() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	chunks := w.chunks
	w.chunks = nil
	return chunks
}

func wantWrites(t *testing.T, when string, got *writes, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, got.take()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", when, diff)
	}
}

// Catches a line of a quiet log that waits, lines of a busy one that are written one by one, or later
// than they may, and a timer that runs while nothing is logged.
func TestLogBufferWaitsForAMoment(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out writes
		b := &logBuffer{w: &out}
		fmt.Fprintln(b, "1")
		wantWrites(t, "the first line", &out, "1\n")
		fmt.Fprintln(b, "2")
		fmt.Fprintln(b, "3")
		wantWrites(t, "lines that follow", &out)
		time.Sleep(logDelay)
		synctest.Wait()
		wantWrites(t, "after the delay", &out, "2\n3\n")
		fmt.Fprintln(b, "4")
		wantWrites(t, "in the next delay", &out)
		time.Sleep(logDelay)
		synctest.Wait()
		wantWrites(t, "after the next delay", &out, "4\n")
		time.Sleep(logDelay)
		synctest.Wait()
		if b.waiting {
			t.Error("the timer runs while nothing is logged")
		}
		fmt.Fprintln(b, "5")
		wantWrites(t, "after a pause", &out, "5\n")
	})
}

// Catches lines that are lost when the service stops, and lines of requests that end after it.
func TestLogBufferClose(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out writes
		b := &logBuffer{w: &out}
		fmt.Fprintln(b, "1")
		fmt.Fprintln(b, "2")
		b.Close()
		wantWrites(t, "closed", &out, "1\n", "2\n")
		fmt.Fprintln(b, "3")
		fmt.Fprintln(b, "4")
		wantWrites(t, "after that", &out, "3\n", "4\n")
	})
}

// Catches a warning that waits, that overtakes an earlier line, or that only waits where the logger
// has attributes or groups.
func TestLogBufferWritesAWarningAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out writes
		log, flush := newBufferedLogger(&out, slog.LevelInfo)
		defer flush()
		log.Info("first")
		for name, log := range map[string]*slog.Logger{"plain": log, "attributes": log.With("a", 1), "group": log.WithGroup("g")} {
			out.take()
			log.Info("before")
			wantWrites(t, name+", info", &out)
			log.Warn("problem")
			got := out.take()
			if len(got) != 1 || strings.Count(got[0], "\n") != 2 || strings.Index(got[0], "before") > strings.Index(got[0], "problem") {
				t.Errorf("%s, warn: got %q", name, got)
			}
		}
	})
}

// Catches lines that are lost, divided or written in another order when many goroutines log, and a
// write that is longer than the buffer, except of a line that is.
func TestLogBufferKeepsLinesWhole(t *testing.T) {
	t.Parallel()
	const writers, each = 8, 2000
	var out writes
	b := &logBuffer{w: &out}
	var running sync.WaitGroup
	for w := range writers {
		running.Go(func() {
			for i := range each {
				fmt.Fprintf(b, "%d %d %s\n", w, i, strings.Repeat("x", i%300+i%100/99*logBufferSize))
			}
		})
	}
	running.Wait()
	b.Close()
	var next [writers]int
	chunks := out.take()
	for _, chunk := range chunks {
		if len(chunk) > logBufferSize && strings.Count(chunk, "\n") > 1 {
			t.Errorf("one write of %d bytes", len(chunk))
		}
		for line := range strings.Lines(chunk) {
			var w, i int
			if _, err := fmt.Sscanf(line, "%d %d", &w, &i); err != nil || !strings.HasSuffix(line, "\n") || i != next[w] {
				t.Fatalf("got %.20q, error %v; want line %d", line, err, next[w])
			}
			next[w]++
		}
	}
	for w, lines := range next {
		if lines != each {
			t.Errorf("writer %d: %d lines, want %d", w, lines, each)
		}
	}
	if len(chunks) > writers*each/2 {
		t.Errorf("%d writes for %d lines", len(chunks), writers*each)
	}
}
