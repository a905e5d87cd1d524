package api

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/identikit/identikit/internal/identity"
)

// panicError is a panic of a handler.
type panicError struct {
	value any
	stack []byte
}

func (p *panicError) Error() string { return "panic" }

// causeOf is what the log says of an error that the client is told nothing of.
//
// The text of an unknown error is never logged, because it may quote what a
// customer sent (as MySQL does: "Duplicate entry 'a@b.c' for key"); its types
// are. The texts of *identity.Error are made for the log, and the runtime's
// panics hold no data.
func causeOf(err error) []slog.Attr {
	if p, ok := errors.AsType[*panicError](err); ok {
		return []slog.Attr{slog.String("error", identity.PanicText(p.value)), slog.String("stack", string(p.stack))}
	}
	if known, ok := errors.AsType[*identity.Error](err); ok {
		return []slog.Attr{slog.String("error", known.Error())}
	}
	return []slog.Attr{slog.String("error", typesOf(err))}
}

// typesOf names the types of err and of what it wraps, outermost first.
func typesOf(err error) string {
	var types []string
	for ; err != nil; err = errors.Unwrap(err) {
		types = append(types, fmt.Sprintf("%T", err))
	}
	return strings.Join(types, ": ")
}
