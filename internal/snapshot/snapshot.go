// Package snapshot reads the whole database as it stood at one moment, beside those who write: to
// export it, and to verify that the stored clusters are what the observations say. It changes
// nothing and locks nothing.
package snapshot

import (
	"context"
	"database/sql"

	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

// pageSize is how many rows are read in one statement.
const pageSize = 5000

// at runs do with queries that all see the database as it stood when the first of them ran.
func at(ctx context.Context, db *sql.DB, do func(*store.Queries) error) error {
	return mysql.InSnapshot(ctx, db, func(tx *sql.Tx) error { return do(store.New(tx)) })
}

// each hands all rows that list returns page by page, in ascending id, to do. The errors of list
// are *identity.Error, those of do come back as they are.
func each[R any](list func(after uint64) ([]R, error), id func(*R) uint64, do func(*R) error) error {
	for after := uint64(0); ; {
		rows, err := list(after)
		if err != nil {
			return mysql.Translate(err)
		}
		for i := range rows {
			if err := do(&rows[i]); err != nil {
				return err
			}
		}
		if len(rows) < pageSize {
			return nil
		}
		after = id(&rows[len(rows)-1])
	}
}
