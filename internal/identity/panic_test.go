package identity_test

import (
	"errors"
	"testing"

	"github.com/identikit/identikit/internal/identity"
)

// Fails when the text of a panic holds its value, or does not say what the runtime found.
func TestPanicText(t *testing.T) {
	t.Parallel()
	outOfRange := func() (value any) {
		defer func() { value = recover() }()
		return []int{}[len(t.Name())]
	}()
	for want, value := range map[string]any{
		"panic: a value of type string":                               "secret@example.com",
		"panic: a value of type *identity.Error":                      &identity.Error{Detail: "secret@example.com"},
		"panic: a value of type *errors.errorString":                  errors.New("secret@example.com"),
		"panic: runtime error: index out of range [13] with length 0": outOfRange,
	} {
		if got := identity.PanicText(value); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
