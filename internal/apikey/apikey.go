// Package apikey keeps the keys with which programs and people use the API: who may do what. Keys are stored
// by a digest of their secret, so that nobody who reads the database can use them, and each process has those
// that work in memory, so that a request costs no query.
//
// Errors are *identity.Error unless a comment says otherwise.
package apikey

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/identikit/identikit/internal/idempotency"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

const (
	// MaxName is the most characters of a name, and MaxReason of a reason.
	MaxName   = 100
	MaxReason = 500

	attempts = 10
)

// Key is a key without its secret. Of the ids and times, zero means none.
type Key struct {
	ID         uint64
	Name       string
	Prefix     string // how the key begins; "" for that of the setting
	Grant      Grant
	Quota      Quota
	CreatedAt  time.Time
	CreatedBy  uint64 // the key that made it
	ReplacesID uint64 // the key that it was rotated from
	ExpiresAt  time.Time
	LastUsedAt time.Time // a minute late at most
	RevokedAt  time.Time
	RevokedBy  uint64
	Reason     string // why it was revoked
}

// Request describes a new key.
type Request struct {
	Name      string
	Grant     Grant
	Quota     Quota     // zero for the usual
	ExpiresAt time.Time // zero for never
}

// Keeper creates and revokes keys. It is safe for concurrent use, also by any number of processes.
type Keeper struct{ db *sql.DB }

// NewKeeper returns the Keeper of a migrated database.
func NewKeeper(db *sql.DB) *Keeper { return &Keeper{db: db} }

// Create makes a key, on behalf of another one unless by is zero. The secret is returned once and cannot be
// read again. A caller cannot give away what it does not have: CodeForbidden. If the context has an
// idempotency.Key, repeating it makes no other key; the error wraps *idempotency.Repeated.
func (k *Keeper) Create(ctx context.Context, r Request, by Caller) (Key, string, error) {
	if err := by.mayGrant(r.Grant); err != nil {
		return Key{}, "", err
	}
	t := newToken()
	var created Key
	err := k.change(ctx, func(q *store.Queries) (err error) {
		created, err = insert(ctx, q, t, r, by, 0)
		if err != nil {
			return err
		}
		return idempotency.Record(ctx, q, idempotency.Made{KeyID: created.ID})
	})
	return created, t.text(), err
}

// Rotate makes a key that may do the same as another one, and for as long, and lets the old one work until
// the overlap is over. CodeConflict if the old one does not work any more or comes from the setting.
// Repeating it is as with Create.
func (k *Keeper) Rotate(ctx context.Context, id uint64, overlap time.Duration, by Caller) (Key, string, error) {
	t := newToken()
	var created Key
	err := k.change(ctx, func(q *store.Queries) error {
		old, err := find(ctx, q, id)
		if err != nil {
			return err
		}
		now := time.Now().UTC()
		switch {
		case old.Prefix == "":
			return conflict("This key is that of the setting ADMIN_KEY. Change the setting to rotate it.")
		case !old.RevokedAt.IsZero():
			return conflict("This key is revoked. Create another one.")
		case !old.ExpiresAt.IsZero() && !now.Before(old.ExpiresAt):
			return conflict("This key has expired. Create another one.")
		}
		if err := by.mayGrant(old.Grant); err != nil {
			return err
		}
		r := Request{Name: old.Name, Grant: old.Grant, Quota: old.Quota}
		if !old.ExpiresAt.IsZero() {
			r.ExpiresAt = now.Add(old.ExpiresAt.Sub(old.CreatedAt))
		}
		if created, err = insert(ctx, q, t, r, by, id); err != nil {
			return err
		}
		until := now.Add(overlap)
		if err := q.ExpireKey(ctx, store.ExpireKeyParams{At: &until, ID: id}); err != nil {
			return err
		}
		return idempotency.Record(ctx, q, idempotency.Made{KeyID: created.ID})
	})
	return created, t.text(), err
}

// Revoke makes a key stop working, in every process within a second. Revoking it again changes nothing.
func (k *Keeper) Revoke(ctx context.Context, id uint64, reason string, by Caller) (Key, error) {
	var revoked Key
	err := k.change(ctx, func(q *store.Queries) error {
		if _, err := q.RevokeKey(ctx, store.RevokeKeyParams{RevokedBy: by.id(), Reason: reason, ID: id}); err != nil {
			return err
		}
		var err error
		revoked, err = find(ctx, q, id)
		return err
	})
	return revoked, err
}

// List returns the keys with an id above after, by id, at most limit.
func (k *Keeper) List(ctx context.Context, after uint64, limit int32) ([]Key, error) {
	var rows []store.ListKeysRow
	err := mysql.Retry(ctx, attempts, func() (err error) {
		rows, err = store.New(k.db).ListKeys(ctx, store.ListKeysParams{AfterID: after, Limit: limit})
		return err
	})
	keys := make([]Key, len(rows))
	for i, r := range rows {
		keys[i] = keyOf(store.FindKeyRow(r))
	}
	return keys, mysql.Translate(err)
}

// change runs do in a transaction after which all processes read the keys again.
func (k *Keeper) change(ctx context.Context, do func(*store.Queries) error) error {
	return mysql.Translate(mysql.Retry(ctx, attempts, func() error {
		return mysql.InTx(ctx, k.db, func(tx *sql.Tx) error {
			q := store.New(tx)
			if err := idempotency.Claim(ctx, q); err != nil {
				return err
			}
			if err := q.RaiseKeyVersion(ctx); err != nil {
				return err
			}
			return do(q)
		})
	}))
}

func insert(ctx context.Context, q *store.Queries, t token, r Request, by Caller, replaces uint64) (Key, error) {
	verifier := t.verifier()
	p := store.InsertKeyParams{
		Selector: t.selector, Verifier: verifier[:], Name: r.Name, Scopes: r.Grant.stored(), PerSecond: r.Quota.PerSecond,
		Burst: r.Quota.Burst, CreatedBy: by.id(),
	}
	if replaces != 0 {
		p.ReplacesID = &replaces
	}
	if !r.ExpiresAt.IsZero() {
		at := r.ExpiresAt.UTC()
		p.ExpiresAt = &at
	}
	id, err := q.InsertKey(ctx, p)
	if err != nil {
		return Key{}, err
	}
	return find(ctx, q, uint64(id)) //nolint:gosec // ids are positive
}

// storeAdmin stores the key of the setting, which allows everything.
func storeAdmin(ctx context.Context, db *sql.DB, secret string) error {
	return NewKeeper(db).change(ctx, func(q *store.Queries) error {
		t := token{adminSelector, secret}
		verifier := t.verifier()
		found, err := q.ReplaceVerifier(ctx, store.ReplaceVerifierParams{Verifier: verifier[:], Selector: t.selector})
		if err == nil && found == 0 {
			_, err = insert(ctx, q, t, Request{Name: adminSelector, Grant: Grant{All}}, Caller{}, 0)
		}
		return err
	})
}

func (c Caller) id() *uint64 {
	if c.KeyID == 0 {
		return nil
	}
	return &c.KeyID
}

// mayGrant returns an error if the caller lacks a scope of the grant. The command line may grant all.
func (c Caller) mayGrant(g Grant) error {
	if c.KeyID == 0 || c.Grant.Covers(g) {
		return nil
	}
	return &identity.Error{
		Code:   identity.CodeForbidden,
		Detail: fmt.Sprintf("Your key can only give what it has itself: %s.", c.Grant),
	}
}

func conflict(detail string) error {
	return &identity.Error{Code: identity.CodeConflict, Detail: detail}
}
