package mysql

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/identikit/identikit/internal/tracing"
)

const (
	maxBackoff = 100 * time.Millisecond
	// patience is how long work is repeated whose server is gone: longer than a planned switch takes. A
	// caller whose server is down for longer should hear that soon.
	patience = 3 * time.Second
)

// errUnknownOutcome wraps the error of a COMMIT that may have been carried out.
var errUnknownOutcome = errors.New("the outcome of the commit is unknown")

// Retry runs do until it succeeds. It repeats what failed because of concurrent transactions (see
// IsRetryable), at most maxAttempts times, and what failed because its server is gone or is no longer the
// one that writes, for up to three seconds, each with a growing random pause of up to 100 ms. do must
// repeat all of its work each time. It does not run again after a commit whose outcome is unknown: Repeat
// does. The error is the last one of do, or that of ctx if it ends during a pause.
func Retry(ctx context.Context, maxAttempts int, do func() error) error {
	return retry(ctx, maxAttempts, do, func(err error) bool { return IsLost(err) && !errors.Is(err, errUnknownOutcome) })
}

// Repeat is Retry for work that may be done twice: it also runs again after a commit whose outcome is
// unknown.
func Repeat(ctx context.Context, maxAttempts int, do func() error) error {
	return retry(ctx, maxAttempts, do, IsLost)
}

func retry(ctx context.Context, maxAttempts int, do func() error, lost func(error) bool) error {
	backoff := time.Millisecond
	var first time.Time // when the server was lost: finding that out may take long
	for attempt := 1; ; {
		err := do()
		switch {
		case err == nil:
			return nil
		case lost(err):
			if first.IsZero() {
				first = time.Now()
			}
			if time.Since(first) > patience {
				return err
			}
		case IsRetryable(err):
			if attempt == maxAttempts {
				return err
			}
			attempt++
		default:
			return err
		}
		tracing.FromContext(ctx).Retry(kindOf(err))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(rand.N(backoff)): //nolint:gosec // jitter, not a secret
		}
		Retried(ctx, err)
		backoff = min(2*backoff, maxBackoff)
	}
}

// InTx runs do in one transaction, which is committed if do returns nil and rolled back otherwise,
// even if ctx has ended. Errors are returned unchanged, but for that of a commit whose outcome is not
// known, which is wrapped. If ctx ends during the commit, InTx returns its error at once, and the
// transaction may be committed or not.
func InTx(ctx context.Context, db *sql.DB, do func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	ended := false
	defer func() {
		if !ended { // also after a panic
			await(ctx, tx.Rollback) //nolint:errcheck // the error of do matters
		}
	}()
	if err := do(tx); err != nil {
		return err
	}
	ended = true
	err = await(ctx, tx.Commit)
	if IsLost(err) {
		return errors.Join(errUnknownOutcome, err)
	}
	return err
}

// await runs end, which takes no context, and returns its error, or that of ctx if it ends first.
// end then continues, at most until the connection's read timeout.
func await(ctx context.Context, end func() error) error {
	done := make(chan error, 1)
	go func() { done <- end() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// InSnapshot runs do in a read-only transaction whose reads all see the database as of the first
// read. Errors of do are returned unchanged; any other error is an *identity.Error.
func InSnapshot(ctx context.Context, db *sql.DB, do func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return Translate(err)
	}
	defer await(ctx, tx.Rollback) //nolint:errcheck // nothing was written
	return do(tx)
}
