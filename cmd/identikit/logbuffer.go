package main

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"time"
)

const (
	// logDelay is how long a line may wait to be written. A person does not notice it.
	logDelay = 100 * time.Millisecond
	// logBufferSize is PIPE_BUF of Linux: a write of up to so many bytes to a pipe is not mixed with
	// those of other processes.
	logBufferSize = 4 << 10
)

// logBuffer is an io.Writer that joins the lines of a busy log, because one write for each of them
// takes a notable part of the time of a request. A line after a pause is written at once; lines that
// follow it within logDelay wait for each other. Each Write must be of one whole line, and lines are
// never divided. A process that is killed or crashes loses the lines that wait.
type logBuffer struct {
	mu      sync.Mutex
	w       io.Writer
	lines   []byte
	waiting bool // a timer is running, and lines wait for it
	closed  bool
}

func (b *logBuffer) Write(line []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.lines)+len(line) > logBufferSize {
		b.flush()
	}
	b.lines = append(b.lines, line...)
	if b.closed || !b.waiting {
		b.flush()
	}
	return len(line), nil
}

// Flush writes the lines that wait.
func (b *logBuffer) Flush() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.flush()
}

// Close writes the lines that wait. Later lines are written at once.
func (b *logBuffer) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	b.flush()
}

// flush requires b.mu. Lines that come after it wait for logDelay.
func (b *logBuffer) flush() {
	if len(b.lines) == 0 {
		return
	}
	b.w.Write(b.lines) //nolint:errcheck // nobody is left to tell
	b.lines = b.lines[:0]
	if !b.waiting && !b.closed {
		b.waiting = true
		time.AfterFunc(logDelay, b.resume)
	}
}

// resume ends the wait, or begins the next one if lines came meanwhile.
func (b *logBuffer) resume() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waiting = false
	b.flush()
}

// flushingHandler writes to a logBuffer, which it flushes after each line of level warn and above: a
// problem shows at once, even if the process ends because of it.
type flushingHandler struct {
	slog.Handler
	buffer *logBuffer
}

func (h flushingHandler) Handle(ctx context.Context, r slog.Record) error {
	err := h.Handler.Handle(ctx, r)
	if r.Level >= slog.LevelWarn {
		h.buffer.Flush()
	}
	return err
}

func (h flushingHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return flushingHandler{h.Handler.WithAttrs(attrs), h.buffer}
}

func (h flushingHandler) WithGroup(name string) slog.Handler {
	return flushingHandler{h.Handler.WithGroup(name), h.buffer}
}
