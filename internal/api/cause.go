package api

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/identikit/identikit/internal/identity"
)

// panicError is a panic in a handler.
type panicError struct {
	value any
	stack []byte
}

func (p *panicError) Error() string { return "panic" }

// causeOf returns what to log about an error whose text the client does not get.
//
// The text of an unknown error is never logged, because it may quote a value (MySQL does:
// "Duplicate entry 'a@b.c' for key"); its types are logged instead. Texts of *identity.Error are
// written for the log, and runtime panics contain no data.
func causeOf(err error) []slog.Attr {
	if p, ok := errors.AsType[*panicError](err); ok {
		return []slog.Attr{slog.String("error", identity.PanicText(p.value)), slog.String("stack", string(p.stack))}
	}
	if known, ok := errors.AsType[*identity.Error](err); ok {
		return []slog.Attr{slog.String("error", known.Error())}
	}
	return []slog.Attr{slog.String("error", typesOf(err))}
}

// typesOf returns the types of err and of the errors that it wraps, outermost first.
func typesOf(err error) string {
	var types []string
	for ; err != nil; err = errors.Unwrap(err) {
		types = append(types, fmt.Sprintf("%T", err))
	}
	return strings.Join(types, ": ")
}
