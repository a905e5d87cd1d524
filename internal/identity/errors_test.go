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
	invalid := &identity.Error{Code: identity.CodeInvalid}
	tests := map[string]struct {
		err  error
		want identity.Code
	}{
		"no error":         {nil, ""},
		"domain error":     {invalid, identity.CodeInvalid},
		"wrapped":          {fmt.Errorf("row 7: %w", invalid), identity.CodeInvalid},
		"joined":           {errors.Join(io.EOF, invalid), identity.CodeInvalid},
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

// Catches a log line that lacks the field, the detail or the cause, and a cause
// that errors.Is does not find.
func TestError(t *testing.T) {
	t.Parallel()
	err := &identity.Error{Code: identity.CodeInvalid, Field: identity.FieldEmail, Detail: "One @.", Err: io.EOF}
	if got, want := err.Error(), "invalid: email: One @.: EOF"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := (&identity.Error{Code: identity.CodeInternal}).Error(), "internal"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if !errors.Is(err, io.EOF) {
		t.Error("the cause is not in the error's tree")
	}
}

// checkRefused checks that err is a refusal of field whose detail contains
// detail.
func checkRefused(t *testing.T, err error, field identity.Field, detail string) {
	t.Helper()
	e, ok := errors.AsType[*identity.Error](err)
	if !ok {
		t.Fatalf("got error %v, want a refusal", err)
	}
	if e.Code != identity.CodeInvalid || e.Field != field || !strings.Contains(e.Detail, detail) {
		t.Errorf("got %v; want code %q, field %q and a detail with %q", e, identity.CodeInvalid, field, detail)
	}
}
