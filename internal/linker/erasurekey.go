package linker

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"slices"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

// ErasureKey is a secret under which erased values are recognised. All processes on one database need
// the same keys: a process that lacks one lets in what was suppressed under it. No way of printing a
// key shows it.
type ErasureKey []byte

// MinErasureKey is the least length of a key, in bytes: phone numbers are few enough to try them all.
const MinErasureKey = 32

const redacted = "[redacted]"

// Format prints no part of the key, whatever the verb.
func (ErasureKey) Format(f fmt.State, _ rune) { fmt.Fprint(f, redacted) }

// MarshalText is Format for encoders.
func (ErasureKey) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// ID names the key and tells nothing about it: 16 hexadecimal digits.
func (k ErasureKey) ID() string { return fmt.Sprintf("%x", k.sum("key id")[:8]) }

// digest is all that is kept of a form of a suppressed value, in upper-case hexadecimal. The field is
// part of it: no value of one field looks like one of the other.
func (k ErasureKey) digest(f identity.Field, form string) string {
	return fmt.Sprintf("%X", k.sum(string(f)+"\x00"+form))
}

func (k ErasureKey) sum(text string) []byte {
	mac := hmac.New(sha256.New, k)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

// WithErasureKey returns a linker that can suppress what it erases, and that stores nothing that was
// suppressed under one of the keys. What it suppresses is recognised by the first key. Empty keys
// are left out; without any it is as before.
func (l *Linker) WithErasureKey(keys ...ErasureKey) *Linker {
	with := *l
	with.keys = slices.DeleteFunc(slices.Clone(keys), func(k ErasureKey) bool { return len(k) == 0 })
	return &with
}

// KeyUse is how many values are suppressed under a key.
type KeyUse struct {
	KeyID        string
	Suppressions int64
	Configured   bool // the linker has the key; else it does not recognise these values
}

// ErasureKeyUse returns the use of each key of the linker, in their order, and then of the keys that
// it lacks.
func (l *Linker) ErasureKeyUse(ctx context.Context) ([]KeyUse, error) {
	rows, err := store.New(l.db).CountSuppressionsByKey(ctx)
	if err != nil {
		return nil, mysql.Translate(err)
	}
	var uses []KeyUse
	for _, key := range l.keys {
		uses = append(uses, KeyUse{KeyID: key.ID(), Configured: true})
	}
	for _, r := range rows {
		at := slices.IndexFunc(uses, func(u KeyUse) bool { return u.KeyID == r.KeyID })
		if at < 0 {
			at, uses = len(uses), append(uses, KeyUse{KeyID: r.KeyID})
		}
		uses[at].Suppressions = r.Suppressions
	}
	return uses, nil
}
