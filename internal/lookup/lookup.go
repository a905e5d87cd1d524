// Package lookup answers questions about what is stored: who a contact is, what was seen of its
// cluster, what happened to it, and what joins it to another. Every answer is of one moment. It
// never writes, and takes no locks.
//
// All errors are *identity.Error. That of a contact that does not exist has CodeNotFound, that of an
// erased one CodeGone and says when.
package lookup

import (
	"context"
	"database/sql"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

// Reader looks things up in one database. It is safe for concurrent use.
type Reader struct {
	db *sql.DB
}

// New returns a Reader on a migrated database.
func New(db *sql.DB) *Reader {
	return &Reader{db: db}
}

// Whom names a contact by exactly one of these. The values are normalized.
type Whom struct {
	ID           uint64
	Email, Phone string
}

// Contact returns a contact with its cluster.
func (r *Reader) Contact(ctx context.Context, id uint64) (Contact, error) {
	return readContact(ctx, store.New(r.db), Whom{ID: id})
}

// Find returns the contact that holds a value, with its cluster. Exactly one value of the
// observation is present.
func (r *Reader) Find(ctx context.Context, o identity.Observation) (Contact, error) {
	return readContact(ctx, store.New(r.db), Whom{Email: o.Email, Phone: o.Phone})
}

// atOnce runs do with queries that all see the same moment.
func (r *Reader) atOnce(ctx context.Context, do func(*store.Queries) error) error {
	return mysql.Translate(mysql.InSnapshot(ctx, r.db, func(tx *sql.Tx) error { return do(store.New(tx)) }))
}
