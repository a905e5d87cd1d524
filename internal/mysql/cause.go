package mysql

import (
	"context"
	"errors"
)

// Cause is why work was done again. The set is closed: see Causes.
type Cause string

// The causes.
const (
	CauseDeadlock   Cause = "deadlock"   // it was the victim of a deadlock, or of Galera's certification
	CauseLockWait   Cause = "lock_wait"  // a row stayed locked for longer than a statement waits
	CauseDuplicate  Cause = "duplicate"  // another transaction inserted a value first
	CauseConflict   Cause = "conflict"   // another server of the group, or TiDB, refused the commit
	CauseChanged    Cause = "changed"    // what was read had changed before it was locked (ErrRetry)
	CauseReadOnly   Cause = "read_only"  // the server does not accept writes any more: another one does
	CauseGroup      Cause = "group"      // the server is not, or not yet, part of its group or cluster
	CauseConnection Cause = "connection" // the connection was lost, or its server is stopping
)

// Causes lists all causes.
func Causes() []Cause {
	return []Cause{
		CauseDeadlock, CauseLockWait, CauseDuplicate, CauseConflict, CauseChanged, CauseReadOnly, CauseGroup, CauseConnection,
	}
}

// causeOf returns the cause of an error after which work is done again. An error without a number is that of
// a connection.
func causeOf(err error) Cause {
	switch n := number(err); n {
	case errDeadlock:
		return CauseDeadlock
	case errLockWaitTimeout, errLockNowait:
		return CauseLockWait
	case errDuplicateEntry:
		return CauseDuplicate
	case errOptionPrevents, errReadOnlyTransaction, errReadOnlyMode:
		return CauseReadOnly
	case errNodeNotReady, errHookFailed, errBeginNotAllowed, 3796, 3797, 3798: // see reactionTo
		return CauseGroup
	default:
		switch {
		case errors.Is(err, ErrRetry):
			return CauseChanged
		case errors.Is(err, ErrReadOnly):
			return CauseReadOnly
		case reactionTo(n) == again:
			return CauseConflict
		}
		return CauseConnection
	}
}

type retryHook struct{}

// WithRetryHook returns a context under which hook is called each time that work is done again because of an
// error: by Retry and Repeat, and by those who call Retried. The hook is called by several goroutines at a
// time.
func WithRetryHook(ctx context.Context, hook func(Cause)) context.Context {
	return context.WithValue(ctx, retryHook{}, hook)
}

// Retried calls the hook of the context, if it has one, and if err is one after which work is done again. It
// is for work that is repeated otherwise than by Retry.
func Retried(ctx context.Context, err error) {
	if !IsRetryable(err) && !IsLost(err) {
		return
	}
	if hook, ok := ctx.Value(retryHook{}).(func(Cause)); ok {
		hook(causeOf(err))
	}
}
