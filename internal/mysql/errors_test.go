package mysql

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	driver "github.com/go-sql-driver/mysql"

	"github.com/identikit/identikit/internal/identity"
)

// Fails when a temporary failure is classified as a defect or the other way round, or when a text
// of the server that may quote a value is kept.
func TestTranslate(t *testing.T) {
	t.Parallel()
	quoting := func(number uint16) error {
		return fmt.Errorf("insert: %w", &driver.MySQLError{Number: number, Message: "Duplicate entry 'ann@example.com' for key"})
	}
	for _, c := range []struct {
		err  error
		want identity.Code
	}{
		{quoting(1062), identity.CodeUnavailable},
		{quoting(1213), identity.CodeUnavailable},
		{quoting(1205), identity.CodeUnavailable},
		{quoting(1040), identity.CodeUnavailable},
		{quoting(1290), identity.CodeUnavailable},
		{quoting(3819), identity.CodeInternal},
		{quoting(1064), identity.CodeInternal},
		{errors.New(`sql: Scan error: converting "ann@example.com" to a uint64`), identity.CodeUnavailable},
		{driver.ErrInvalidConn, identity.CodeUnavailable},
		{context.DeadlineExceeded, identity.CodeUnavailable},
		{&identity.Error{Code: identity.CodeInvalidValue}, identity.CodeInvalidValue},
	} {
		got := Translate(c.err)
		if identity.CodeOf(got) != c.want || strings.Contains(got.Error(), "ann@example.com") {
			t.Errorf("Translate(%v) = %v, want code %s and no value", c.err, got, c.want)
		}
	}
	if Translate(nil) != nil {
		t.Error("nil became an error")
	}
	if !errors.Is(Translate(context.Canceled), context.Canceled) {
		t.Error("the cause is lost")
	}
}

// Fails when Retry gives up early, retries a permanent error, or never ends.
func TestRetry(t *testing.T) {
	t.Parallel()
	const maxAttempts = 8
	deadlock := &driver.MySQLError{Number: errDeadlock}
	for _, c := range []struct {
		name  string
		err   error
		fails int
		want  int
	}{
		{"deadlock twice", deadlock, 2, 3},
		{"moved once", fmt.Errorf("plan: %w", ErrRetry), 1, 2},
		{"never ends", deadlock, 1000, maxAttempts},
		{"not retryable", &driver.MySQLError{Number: 1064}, 1000, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			calls := 0
			err := Retry(t.Context(), maxAttempts, func() error {
				if calls++; calls <= c.fails {
					return c.err
				}
				return nil
			})
			if calls != c.want || (err == nil) != (c.fails < c.want) {
				t.Errorf("%d calls, error %v; want %d calls", calls, err, c.want)
			}
		})
	}
}
