package identity_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/identikit/identikit/internal/identity"
)

// Catches a code that is lost in wrapping, and an unknown failure that passes
// for a known one.
func TestCodeOf(t *testing.T) {
	t.Parallel()
	invalid := &identity.Error{Code: identity.CodeInvalidValue}
	tests := map[string]struct {
		err  error
		want identity.Code
	}{
		"no error":         {nil, ""},
		"domain error":     {invalid, identity.CodeInvalidValue},
		"wrapped":          {fmt.Errorf("row 7: %w", invalid), identity.CodeInvalidValue},
		"joined":           {errors.Join(io.EOF, invalid), identity.CodeInvalidValue},
		"outermost counts": {&identity.Error{Code: identity.CodeUnavailable, Err: invalid}, identity.CodeUnavailable},
		"unknown":          {io.EOF, identity.CodeInternal},
		"without a code":   {&identity.Error{}, identity.CodeInternal},
		"nil pointer":      {(*identity.Error)(nil), identity.CodeInternal},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := identity.CodeOf(test.err); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// Catches a log line that lacks the detail or the cause, and a cause
// that errors.Is does not find.
func TestError(t *testing.T) {
	t.Parallel()
	err := &identity.Error{Code: identity.CodeInvalidValue, Field: identity.FieldEmail, Detail: "One @.", Err: io.EOF}
	if got, want := err.Error(), "One @. Cause: EOF"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := (&identity.Error{Code: identity.CodeInternal}).Error(), "internal-error"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if !errors.Is(err, io.EOF) {
		t.Error("the cause is not in the error's tree")
	}
}

// checkRefused checks that err is a refusal of field whose detail contains
// detail.
func checkRefused(t *testing.T, err error, code identity.Code, field identity.Field, detail string) {
	t.Helper()
	e, ok := errors.AsType[*identity.Error](err)
	if !ok {
		t.Fatalf("got error %v, want a refusal", err)
	}
	if e.Code != code || e.Field != field || !strings.Contains(e.Detail, detail) {
		t.Errorf("got %v; want code %q, field %q and a detail with %q", e, code, field, detail)
	}
}
