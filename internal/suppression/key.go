// Package suppression keeps values out that were erased for good. It knows them only by keyed digests, so
// what is suppressed cannot be read from the database.
package suppression

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"

	"github.com/identikit/identikit/internal/identity"
)

// Key is a secret under which suppressed values are recognized. All processes on one database need the same
// keys: a process that lacks one stores what was suppressed under it. No way of printing a key shows it.
type Key []byte

// MinKey is the least length of a key, in bytes: phone numbers are few enough to try them all.
const MinKey = 32

const redacted = "[redacted]"

// Format prints no part of the key, whatever the verb.
func (Key) Format(f fmt.State, _ rune) { fmt.Fprint(f, redacted) }

// MarshalText is Format for encoders.
func (Key) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// ID names the key and reveals nothing about it: 16 hexadecimal digits.
func (k Key) ID() string { return fmt.Sprintf("%x", k.sum("key id")[:8]) }

// digest is all that is kept of a form of a suppressed value, in upper-case hexadecimal. The field is part
// of it: no value of one field looks like one of the other.
func (k Key) digest(f identity.Field, form string) string {
	return fmt.Sprintf("%X", k.sum(string(f)+"\x00"+form))
}

func (k Key) sum(text string) []byte {
	mac := hmac.New(sha256.New, k)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

// Keys are the keys of a process. New digests are made under the first one. Without keys nothing is
// suppressed, and nothing that was suppressed is recognized.
type Keys []Key

// lookupDigests returns the digests, under all keys, of the forms under which a value may have been
// suppressed, and none for "".
func (k Keys) lookupDigests(f identity.Field, value string) []string {
	if value == "" {
		return nil
	}
	var digests []string
	for _, form := range identity.LookupForms(f, value) {
		for _, key := range k {
			digests = append(digests, key.digest(f, form))
		}
	}
	return digests
}
