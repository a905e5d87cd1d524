// Package lookup answers questions about stored data: contacts, the observations and the history of
// their clusters, and what connects two contacts. Every answer is read from one snapshot. The
// package never writes and takes no locks.
//
// All errors are *identity.Error: CodeRecordNotFound for a contact that does not exist, CodeContactErased, with
// the time, for one that was erased.
package lookup

import (
	"context"
	"database/sql"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/replica"
	"github.com/identikit/identikit/internal/store"
)

// Reader reads one database, or its replicas. It is safe for concurrent use.
type Reader struct {
	reads *replica.Router
}

// New returns a Reader for a migrated database.
func New(db *sql.DB) *Reader { return NewRouted(replica.Only(db)) }

// NewRouted returns a Reader for a migrated database and its replicas.
func NewRouted(reads *replica.Router) *Reader { return &Reader{reads: reads} }

// Ref refers to a contact by exactly one of its fields. The values are normalized.
type Ref struct {
	ID           uint64
	Email, Phone string
}

// Contact returns a contact with its cluster.
func (r *Reader) Contact(ctx context.Context, id uint64) (Contact, error) {
	return again(ctx, r, func(ctx context.Context, q *store.Queries) (Contact, error) { return readContact(ctx, q, Ref{ID: id}) })
}

// Find returns the contact that holds a value, with its cluster. Exactly one value of the
// observation must be present.
func (r *Reader) Find(ctx context.Context, o identity.Observation) (Contact, error) {
	return again(ctx, r, func(ctx context.Context, q *store.Queries) (Contact, error) {
		return readContact(ctx, q, Ref{Email: o.Email, Phone: o.Phone})
	})
}

// atOnce runs do with queries that read from one snapshot.
func (r *Reader) atOnce(ctx context.Context, do func(context.Context, *store.Queries) error) error {
	return mysql.Translate(r.reads.Read(ctx, func(ctx context.Context, db *sql.DB) error {
		return mysql.InSnapshot(ctx, db, func(tx *sql.Tx) error { return do(ctx, store.New(tx)) })
	}))
}

// again reads, and reads again when the server is lost. The error is not translated.
func again[T any](ctx context.Context, r *Reader, read func(context.Context, *store.Queries) (T, error)) (found T, err error) {
	err = r.reads.Read(ctx, func(ctx context.Context, db *sql.DB) error {
		found, err = read(ctx, store.New(db))
		return err
	})
	return found, err
}
