// Package idempotency lets a client repeat a request whose answer was lost: a request that is sent with an
// Idempotency-Key is carried out once, and a repeat finds what the first one made. For a day, the key is
// stored in the transaction of the request. Requests that change nothing store nothing.
//
// What is stored has no part of the request, and nobody can find out by it what was sent: both digests
// contain the Idempotency-Key, which is not stored and should be random.
package idempotency

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

// The causes of an error of Claim, besides *Repeated.
var (
	ErrOtherRequest = errors.New("the key was used for another request")
	ErrRunning      = errors.New("the first request with the key has not ended")
)

// Key is the Idempotency-Key of a request.
type Key struct {
	digest, fingerprint string // hexadecimal
}

// NewKey returns the key that an API key has sent with a request, or somebody without an API key, 0. The
// request must have the same form whenever it asks for the same.
func NewKey(caller uint64, sent string, request []byte) Key {
	mac := hmac.New(sha256.New, []byte(sent))
	mac.Write(request)
	digest := sha256.Sum256(fmt.Appendf(nil, "%d %s", caller, sent))
	return Key{hex.EncodeToString(digest[:]), hex.EncodeToString(mac.Sum(nil))}
}

type contextKey struct{}

// With returns a context for carrying out the request with a key.
func With(ctx context.Context, k Key) context.Context { return context.WithValue(ctx, contextKey{}, k) }

// Made is the id of what a request has made. The other one is zero.
type Made struct{ ErasureID, KeyID uint64 }

// Repeated is the cause of the error for a request that was carried out before.
type Repeated struct{ Made }

func (r *Repeated) Error() string { return "the request was carried out before" }

// Claim must run first in the transaction of a request. Without a key in the context it does nothing. When
// the request was carried out before, the error wraps *Repeated; otherwise it may wrap one of those above. It
// waits for a transaction with the same key that has not ended, as long as a statement waits for a lock.
func Claim(ctx context.Context, q *store.Queries) error {
	k, ok := ctx.Value(contextKey{}).(Key)
	if !ok {
		return nil
	}
	found, err := q.FindIdempotencyKey(ctx, k.digest)
	switch {
	case errors.Is(err, sql.ErrNoRows):
	case err != nil:
		return err
	case found.Expired != 0:
		if _, err := q.DeleteOldIdempotencyKeys(ctx, []string{k.digest}); err != nil {
			return err
		}
	default:
		return k.repeated(found)
	}
	// If another transaction has inserted it meanwhile, the error is one after which all is done again.
	err = q.InsertIdempotencyKey(ctx, store.InsertIdempotencyKeyParams{Digest: k.digest, Fingerprint: k.fingerprint})
	if mysql.IsLockWaitTimeout(err) {
		return conflict("The first request with this Idempotency-Key is still running.", ErrRunning)
	}
	return err
}

func (k Key) repeated(found store.FindIdempotencyKeyRow) error {
	if found.Fingerprint != k.fingerprint {
		return conflict("This Idempotency-Key was used for another request.", ErrOtherRequest)
	}
	var m Made
	if found.ErasureID != nil {
		m.ErasureID = *found.ErasureID
	}
	if found.MadeKeyID != nil {
		m.KeyID = *found.MadeKeyID
	}
	return conflict("The request was carried out before.", &Repeated{m})
}

func conflict(detail string, cause error) error {
	return &identity.Error{Code: identity.CodeConflict, Detail: detail, Err: cause}
}

// Record stores what the request has made. It must run in the transaction of Claim. Without a key in the
// context it does nothing.
func Record(ctx context.Context, q *store.Queries, m Made) error {
	k, ok := ctx.Value(contextKey{}).(Key)
	if !ok {
		return nil
	}
	p := store.UpdateIdempotencyKeyParams{Digest: k.digest}
	if m.ErasureID != 0 {
		p.ErasureID = &m.ErasureID
	}
	if m.KeyID != 0 {
		p.MadeKeyID = &m.KeyID
	}
	return q.UpdateIdempotencyKey(ctx, p)
}
