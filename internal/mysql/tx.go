package mysql

import (
	"context"
	"database/sql"
	"math/rand/v2"
	"time"
)

const maxBackoff = 100 * time.Millisecond

// Retry runs do until it returns nil or an error that is not retryable (see IsRetryable), at most
// maxAttempts times, with a growing random pause of up to 100 ms in between. do must repeat all of
// its work each time. The error is the last one of do, or that of ctx if it ends during a pause.
func Retry(ctx context.Context, maxAttempts int, do func() error) error {
	backoff := time.Millisecond
	for attempt := 1; ; attempt++ {
		err := do()
		if err == nil || !IsRetryable(err) || attempt == maxAttempts {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(rand.N(backoff)): //nolint:gosec // jitter, not a secret
		}
		backoff = min(2*backoff, maxBackoff)
	}
}

// InTx runs do in one transaction, which is committed if do returns nil and rolled back otherwise,
// even if ctx has ended. Errors are returned unchanged. If ctx ends during the commit, InTx returns
// its error at once, and the transaction may be committed or not.
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
	return await(ctx, tx.Commit)
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
