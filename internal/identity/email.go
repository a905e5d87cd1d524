package identity

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// maxEmailBytes is the longest address that SMTP can carry in a path (RFC 5321,
// 4.5.3.1.3, less the angle brackets).
const maxEmailBytes = 254

// What a client is told about an address that is refused.
const (
	emailUnreadable = "An e-mail address must be valid UTF-8 text without replacement characters (U+FFFD)."
	emailShape      = "An e-mail address must have exactly one @ with something on both sides."
	emailBlank      = "An e-mail address must not contain blanks, control characters or invisible characters."
	emailDomain     = "The part of an e-mail address after the @ must be a domain name; an international one must be valid under IDNA."
	emailLength     = "An e-mail address must be at most 254 bytes long, with its domain in ASCII (IDNA) form."
)

// Email returns the form of raw in which addresses are stored and compared:
// trimmed, NFKC, lower case, an international domain in its ASCII form. Blank
// is absent: "" without an error. A malformed address fails with CodeInvalidValue.
//
// Nothing else is folded: plus-tags and dots tell addresses apart, and so do
// accents (josé and jose) and ß (straße and strasse), in the local part and in
// the domain.
func Email(raw string) (string, error) {
	address := strings.TrimSpace(raw)
	if address == "" {
		return "", nil
	}
	if !readable(address) {
		return "", refuse(FieldEmail, emailUnreadable)
	}
	address = lower(address)
	if strings.ContainsFunc(address, unprintable) {
		return "", refuse(FieldEmail, emailBlank)
	}
	address, err := withASCIIDomain(address)
	if err != nil {
		return "", err
	}
	if len(address) > maxEmailBytes {
		return "", refuse(FieldEmail, emailLength)
	}
	return address, nil
}

// lower returns s in NFKC and lower case. Lower-casing can undo NFKC (J and a
// caron have no common form, ǰ is one), so it is applied on both sides.
func lower(s string) string {
	return compatible(strings.ToLower(compatible(s)))
}

// unprintable reports whether r cannot be seen in an address: a blank, a
// control character, or a format character such as a zero-width joiner.
func unprintable(r rune) bool {
	if r < utf8.RuneSelf {
		return r <= ' ' || r == '\x7f'
	}
	return unicode.IsSpace(r) || unicode.In(r, unicode.Cc, unicode.Cf)
}

// withASCIIDomain returns address with its domain in ASCII form. It fails
// unless there is exactly one @ with something on both sides, before and after.
func withASCIIDomain(address string) (string, error) {
	local, domain, found := strings.Cut(address, "@")
	if !found || local == "" || domain == "" || strings.Contains(domain, "@") {
		return "", refuse(FieldEmail, emailShape)
	}
	// IDNA either keeps an ASCII domain or refuses it, and refused ones such
	// as r3---sn.example are in use. Where it does change one it only drops an
	// empty label ("xn--"), which could leave nothing after the @.
	if ascii(domain) {
		return address, nil
	}
	// Punycode takes quadratic time, and has a byte or more for each character.
	if utf8.RuneCountInString(domain) > maxEmailBytes {
		return "", refuse(FieldEmail, emailLength)
	}
	domain, err := idna.New(
		idna.MapForLookup(),
		idna.Transitional(false),     // ß is not ss
		idna.StrictDomainName(false), // as lenient as with an ASCII domain
	).ToASCII(domain)
	if err != nil || domain == "" {
		// The cause is left out: it quotes the domain.
		return "", refuse(FieldEmail, emailDomain)
	}
	return local + "@" + domain, nil
}
