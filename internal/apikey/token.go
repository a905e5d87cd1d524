package apikey

import (
	"crypto/rand"
	"crypto/sha256"
	"strings"
)

// adminSelector is the selector of the key that a setting gives. Those of other keys have no capital letters.
const adminSelector = "ADMIN_KEY"

// Prefix is how keys begin that this package has made.
const Prefix = "idk_"

const selectorLength = 12

// token is the text of a key: idk_SELECTOR_SECRET.
type token struct{ selector, secret string }

// newToken returns a new token, whose secret has at least 128 random bits.
func newToken() token {
	return token{strings.ToLower(rand.Text()[:selectorLength]), strings.ToLower(rand.Text())}
}

// parseToken parses the text of a token. A text of another form is taken for the key of the setting, which
// may be anything.
func parseToken(text string) token {
	if selector, secret, ok := strings.Cut(strings.TrimPrefix(text, Prefix), "_"); ok && strings.HasPrefix(text, Prefix) {
		return token{selector, secret}
	}
	return token{adminSelector, text}
}

func (t token) text() string { return Prefix + t.selector + "_" + t.secret }

// verifier returns what is stored of the secret. It has too many random bits to be found by trying, so that
// a slow digest would add nothing.
func (t token) verifier() [sha256.Size]byte { return sha256.Sum256([]byte(t.secret)) }
