package linker

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/store"
)

// ErasureKey is the secret under which erased values are recognised. All processes on one database
// need the same: who has another, or none, lets the values in again. No way of printing it shows it.
type ErasureKey []byte

// MinErasureKey is the least length of a key, in bytes: phone numbers are few enough to try them all.
const MinErasureKey = 32

const redacted = "[redacted]"

// Format prints no part of the key, whatever the verb.
func (ErasureKey) Format(f fmt.State, _ rune) { fmt.Fprint(f, redacted) }

// MarshalText is Format for encoders.
func (ErasureKey) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// WithErasureKey returns a linker that can suppress what it erases, and that stores nothing that was
// suppressed. With an empty key it is as without.
func (l *Linker) WithErasureKey(key ErasureKey) *Linker {
	with := *l
	with.key = key
	return &with
}

// digests are all that is kept of suppressed values; of either one "" is none. The kind is part of a
// digest: no value of one kind looks like one of the other.
func (k ErasureKey) digests(email, phone string) []store.SuppressedValue {
	var digests []store.SuppressedValue
	add := func(kind store.SuppressionsKind, value string) {
		if value == "" {
			return
		}
		mac := hmac.New(sha256.New, k)
		mac.Write([]byte(string(kind) + "\x00" + value))
		digests = append(digests, store.SuppressedValue{Kind: kind, Digest: fmt.Sprintf("%X", mac.Sum(nil))})
	}
	add(store.SuppressionsKindEmail, email)
	add(store.SuppressionsKindPhone, phone)
	return digests
}

// errSuppressed takes a transaction back that has inserted what must not be stored.
var errSuppressed = errors.New("a suppressed value was inserted")

// findSuppressed adds to found which values of new contacts are suppressed, and returns
// errSuppressed when there are any.
//
// It must run after the contacts were inserted, in the same transaction: to look before would miss
// a value that another process inserts and erases in between. The entry in the unique index orders
// the two. Either the eraser still holds the old entry, then the insert waits for its commit; or it
// has committed. Its digest came with that commit, and each statement under READ COMMITTED sees
// what was committed before it.
func (l *Linker) findSuppressed(ctx context.Context, q *store.Queries, added []*contact, found map[string]bool) error {
	if len(l.key) == 0 || len(added) == 0 {
		return nil
	}
	var ask []store.SuppressedValue
	values := make(map[string]string, len(added)) // by digest
	for _, c := range added {
		for _, d := range l.key.digests(c.email, "") {
			ask, values[d.Digest] = append(ask, d), c.email
		}
		for _, d := range l.key.digests("", c.phone) {
			ask, values[d.Digest] = append(ask, d), c.phone
		}
	}
	digests, err := store.InChunks(ask, func(chunk []store.SuppressedValue) ([]string, error) { return q.FindSuppressed(ctx, chunk) })
	if err != nil || len(digests) == 0 {
		return err
	}
	for _, digest := range digests {
		found[values[digest]] = true
	}
	return errSuppressed
}

// suppress keeps the digests of what is erased.
func (l *Linker) suppress(ctx context.Context, q *store.Queries, email, phone string) error {
	for _, d := range l.key.digests(email, phone) {
		if err := q.Suppress(ctx, store.SuppressParams(d)); err != nil {
			return err
		}
	}
	return nil
}

// linkRest links what may be stored of an observation.
func (p *plan) linkRest(o identity.Observation) answer {
	refused := p.leaveOut(&o)
	if refused == nil {
		return p.link(o)
	}
	counts, a := p.counts, answer{}
	if o.Email != "" || o.Phone != "" {
		a = p.link(o)
	}
	p.counts = counts
	p.counts.Erased++
	a.refused = append(refused, a.refused...)
	return a
}

// leaveOut takes the values out of an observation that are known to be suppressed, and returns them as
// refused.
func (p *plan) leaveOut(o *identity.Observation) (refused []identity.Refusal) {
	if p.graph.suppressed[o.Email] {
		refused = append(refused, identity.NewRefusal(identity.ReasonErased, identity.FieldEmail))
		o.Email = ""
	}
	if p.graph.suppressed[o.Phone] {
		refused = append(refused, identity.NewRefusal(identity.ReasonErased, identity.FieldPhone))
		o.Phone = ""
	}
	return refused
}
