package db

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/pressly/goose/v3"

	"github.com/identikit/identikit/internal/mysql"
)

const (
	// patience is how long a change of the schema waits for another process that changes it and for
	// transactions that use a table, such as an export.
	patience = 10 * time.Minute
	// The pauses between attempts grow. During a pause the service works as usual; while a
	// statement waits for a table, the service waits behind it.
	firstPause = 2 * time.Second
	maxPause   = 30 * time.Second
)

// Change calls do to change the schema. Processes that change the schema of one database run one
// after another, if the server supports locks for that. A statement that waits for a table longer
// than two seconds fails, so that it does not block the service; do is then called again, for up to
// ten minutes. waiting is called with a sentence about what Change waits for.
func Change(ctx context.Context, conn *sql.DB, waiting func(string), do func(*goose.Provider) error) error {
	p, err := New(conn, goose.WithSessionLocker(locker{patience, waiting}))
	if err != nil {
		return err
	}
	deadline, pause := time.Now().Add(patience), firstPause
	for {
		err := do(p)
		if !mysql.IsLockWaitTimeout(err) {
			return err
		}
		if time.Now().Add(pause).After(deadline) {
			return fmt.Errorf(
				"a table was in use for %v, by an export or another long transaction; run it again after that has ended: %w", patience, err)
		}
		waiting(fmt.Sprintf("a table is in use, by an export or another long transaction; trying again in %v", pause))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
		pause = min(2*pause, maxPause)
	}
}
