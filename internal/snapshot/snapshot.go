// Package snapshot reads a consistent snapshot of the whole database during writes, to export it or
// to verify that the stored clusters match the observations. It changes nothing and locks nothing.
package snapshot

import (
	"context"
	"database/sql"

	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

// pageSize is the number of rows that one statement reads.
const pageSize = 5000

// at runs do with queries that read from one snapshot, taken at the first query.
func at(ctx context.Context, db *sql.DB, do func(*store.Queries) error) error {
	return mysql.InSnapshot(ctx, db, func(tx *sql.Tx) error { return do(store.New(tx)) })
}

// each calls do for all rows that list returns, page by page in ascending id. Errors of list are
// *identity.Error; errors of do are returned unchanged.
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
