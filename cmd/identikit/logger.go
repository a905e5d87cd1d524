package main

import (
	"io"
	"log/slog"
	"os"
)

// newLogger writes text to a terminal and JSON to anything else.
func newLogger(w io.Writer, level slog.Level) *slog.Logger {
	return slog.New(newHandler(w, isTerminal(w), level))
}

// newBufferedLogger is newLogger for many lines: see logBuffer. The caller must
// call flush before it writes to w itself and before the process ends.
func newBufferedLogger(w io.Writer, level slog.Level) (log *slog.Logger, flush func()) {
	buffer := &logBuffer{w: w}
	return slog.New(flushingHandler{newHandler(buffer, isTerminal(w), level), buffer}), buffer.Close
}

func newHandler(w io.Writer, text bool, level slog.Level) slog.Handler {
	options := &slog.HandlerOptions{Level: level}
	if text {
		return slog.NewTextHandler(w, options)
	}
	return slog.NewJSONHandler(w, options)
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
