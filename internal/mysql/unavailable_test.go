package mysql_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysql"
)

// Fails when the error says that nothing was stored, or does not say whether it may have been: a
// deadline can pass while the server commits, and the caller must know whether to repeat.
func TestUnavailableSaysThatRepeatingIsSafe(t *testing.T) {
	t.Parallel()
	for _, cause := range []error{context.DeadlineExceeded, context.Canceled, errors.New("broken pipe")} {
		known, ok := errors.AsType[*identity.Error](mysql.Translate(cause))
		if want := "may have been carried out; repeating it is safe."; !ok || !strings.Contains(known.Detail, want) {
			t.Errorf("%v: got %q, want %q in it", cause, known.Detail, want)
		}
	}
}
