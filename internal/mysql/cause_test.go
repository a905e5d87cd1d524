package mysql

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"

	driver "github.com/go-sql-driver/mysql"
	"github.com/google/go-cmp/cmp"
)

// Fails when a number after which work is done again has a cause that says something else.
func TestEveryNumberHasACause(t *testing.T) {
	t.Parallel()
	races := []Cause{CauseDeadlock, CauseLockWait, CauseDuplicate, CauseConflict}
	for _, n := range Numbers() {
		reaction := reactionTo(n)
		if reaction != again && reaction != elsewhere {
			continue
		}
		cause := causeOf(fmt.Errorf("link: %w", &driver.MySQLError{Number: n}))
		if !slices.Contains(Causes(), cause) || slices.Contains(races, cause) != (reaction == again) {
			t.Errorf("the cause of %d is %s", n, cause)
		}
	}
}

// Fails when a retry is not reported exactly once, when one that never came is, or when an error is reported
// under another cause.
func TestRetriesAreReported(t *testing.T) {
	t.Parallel()
	number := func(n uint16) error { return &driver.MySQLError{Number: n} }
	var got []Cause
	ctx := WithRetryHook(t.Context(), func(c Cause) { got = append(got, c) })
	run := func(ctx context.Context, most int, failures ...error) {
		_ = Repeat(ctx, most, func() error { // some fail to the end
			if len(failures) == 0 {
				return nil
			}
			err := failures[0]
			failures = failures[1:]
			return err
		})
	}
	run(ctx, 10, number(errDeadlock), number(errLockWaitTimeout), number(errLockNowait), number(errDuplicateEntry), ErrRetry, number(3101))
	run(ctx, 10, number(1290), ErrReadOnly, number(1047), number(3100), number(1053), io.EOF, errors.Join(errUnknownOutcome, driver.ErrInvalidConn))
	run(ctx, 1, number(errDeadlock))                         // no attempt is left
	run(ctx, 10, number(1064), number(errDeadlock))          // a defect
	run(t.Context(), 10, number(errDeadlock))                // nobody listens
	run(ctx, 10, context.Canceled, context.DeadlineExceeded) // the caller has left
	Retried(ctx, context.Canceled)
	Retried(ctx, nil)
	want := []Cause{
		CauseDeadlock, CauseLockWait, CauseLockWait, CauseDuplicate, CauseChanged, CauseConflict,
		CauseReadOnly, CauseReadOnly, CauseGroup, CauseGroup, CauseConnection, CauseConnection, CauseConnection,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
