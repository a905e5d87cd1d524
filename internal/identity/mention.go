package identity

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// subscriberDigits is how many of the last digits of a long phone number identify it in a text:
// people leave out the country or write a 0 in its place.
const subscriberDigits = 7

// phoneToken finds a number as people write it: groups of digits, between two of them either one dot
// or up to three blanks, dashes, slashes and brackets. A word, a comma, the end of a sentence or of a
// line ends it.
var phoneToken = regexp.MustCompile(`[0-9]+(?:(?:\.|[ /()\[\]{}\x{2212}\p{Pd}]{1,3})[0-9]+)*`)

// Mentions reports whether a text that a person wrote mentions a value of o, which is normalized.
//
// Letters are compared regardless of case and of width, and an international domain matches in its
// Unicode form and in its ASCII form. An e-mail address must stand alone: jane@example.com is not
// mentioned by mary.jane@example.com. A phone number of at least seven digits is mentioned by a
// number that ends in the same seven digits, however its digits are grouped. A shorter one is
// mentioned only by a number that is exactly the same.
func Mentions(text string, o Observation) bool {
	text = fold(text)
	return o.Email != "" && mentionsEmail(text, o.Email) || o.Phone != "" && mentionsPhone(text, o.Phone)
}

// fold brings a text into the form in which values are compared. Format characters are dropped:
// programs that show an address or a number often copy invisible marks along with it.
func fold(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, lower(text))
}

func mentionsEmail(text, email string) bool {
	if standsAlone(text, fold(email)) {
		return true
	}
	local, domain, _ := strings.Cut(email, "@")
	if readable, err := idna.ToUnicode(domain); err == nil && readable != domain && standsAlone(text, fold(local+"@"+readable)) {
		return true
	}
	// IDNA maps more than case and width, such as an ideographic full stop to a dot. Let it map each
	// domain that follows the local part.
	for before, rest, found := strings.Cut(text, local+"@"); found; before, rest, found = strings.Cut(rest, local+"@") {
		if continued(before, lastRune) {
			continue
		}
		end := strings.IndexFunc(rest, func(r rune) bool { return !domainRune(r) })
		if end < 0 {
			end = len(rest)
		}
		written, err := withASCIIDomain(local + "@" + strings.TrimRight(rest[:end], ".-_。"))
		if err == nil && written == strings.TrimRight(email, ".-_") {
			return true
		}
	}
	return false
}

func domainRune(r rune) bool { return part(r) || connects(r) || r == '。' }

// standsAlone reports whether address occurs in text other than as a part of a longer one.
func standsAlone(text, address string) bool {
	for from := 0; ; {
		at := strings.Index(text[from:], address)
		if at < 0 {
			return false
		}
		start, end := from+at, from+at+len(address)
		if !continued(text[:start], lastRune) && !continued(text[end:], firstRune) {
			return true
		}
		from = start + 1
	}
}

// continued reports whether an address goes on beside where it was found: with a letter or a digit,
// perhaps after a dot or a dash, which alone may end a sentence or begin an item of a list.
func continued(beside string, next func(string) (r rune, rest string)) bool {
	for beside != "" {
		var r rune
		if r, beside = next(beside); !connects(r) {
			return part(r)
		}
	}
	return false
}

func firstRune(s string) (rune, string) {
	r, size := utf8.DecodeRuneInString(s)
	return r, s[size:]
}

func lastRune(s string) (rune, string) {
	r, size := utf8.DecodeLastRuneInString(s)
	return r, s[:len(s)-size]
}

func connects(r rune) bool { return strings.ContainsRune(".-_+", r) }

// part reports whether r can continue a word. Letters of scripts that are written without blanks, or
// that attach particles, never do: they can follow an address directly.
func part(r rune) bool {
	if unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul,
		unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar) {
		return false
	}
	return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r)
}

func mentionsPhone(text, phone string) bool {
	digits := onlyDigits(phone)
	for _, at := range phoneToken.FindAllStringIndex(text, -1) {
		token := text[at[0]:at[1]]
		if len(digits) >= subscriberDigits {
			if endsGroup(token, digits[len(digits)-subscriberDigits:]) {
				return true
			}
			continue
		}
		before, _ := lastRune(text[:at[0]])
		after, _ := firstRune(text[at[1]:])
		if onlyDigits(token) == digits && !unicode.IsLetter(before) && !unicode.IsLetter(after) {
			return true
		}
	}
	return false
}

// endsGroup reports whether the digits of token up to the end of one of its groups end in tail.
// Other numbers may stand before and after it, such as a date.
func endsGroup(token, tail string) bool {
	var seen []byte
	for i := range len(token) {
		if !digit(token[i]) {
			continue
		}
		seen = append(seen, token[i])
		if (i+1 == len(token) || !digit(token[i+1])) && strings.HasSuffix(string(seen), tail) {
			return true
		}
	}
	return false
}

func digit(b byte) bool { return '0' <= b && b <= '9' }

func onlyDigits(text string) string {
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return r
		}
		return -1
	}, text)
}
