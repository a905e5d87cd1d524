package mysql

import (
	"context"
	"database/sql"
	"math/rand/v2"
	"time"
)

const maxBackoff = 100 * time.Millisecond

// Retry runs do until it returns nil or an error that is not retryable (see IsRetryable), at most
// so many times, with a growing random pause in between, of up to 100 ms. do must do its whole
// work anew each time. The error is do's last one; when ctx ends during a pause it is ctx's.
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

// InTx runs do in one transaction: committed when do returns nil, rolled back otherwise, also
// when ctx is over by then. Errors come back as they are. When ctx ends during the commit, InTx returns
// its error at once, and the transaction may be committed or not.
func InTx(ctx context.Context, db *sql.DB, do func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	ended := false
	defer func() {
		if !ended { // also after a panic
			await(ctx, tx.Rollback) //nolint:errcheck // do's error is the one to tell
		}
	}()
	if err := do(tx); err != nil {
		return err
	}
	ended = true
	return await(ctx, tx.Commit)
}

// await runs end, which takes no context, and returns its error, or that of ctx when that ends first.
// end goes on then, until the connection's read timeout at the latest.
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

// InSnapshot runs do in a transaction that only reads, and all of whose reads see the database as it
// stood at the first of them. The errors of do come back as they are, any other is an *identity.Error.
func InSnapshot(ctx context.Context, db *sql.DB, do func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return Translate(err)
	}
	defer await(ctx, tx.Rollback) //nolint:errcheck // nothing was written
	return do(tx)
}
