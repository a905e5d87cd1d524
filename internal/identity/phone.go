package identity

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers"
)

const (
	// maxPhoneDigits is far beyond any real number (E.164 ends at 15); what is
	// kept as typed may be an internal number or a test value.
	maxPhoneDigits = 32

	// The lengths that the phone library knows; outside of them no number is
	// valid.
	maxCountryDigits  = phonenumbers.MAX_LENGTH_COUNTRY_CODE
	minNationalDigits = phonenumbers.MIN_LENGTH_FOR_NSN
	maxNationalDigits = phonenumbers.MAX_LENGTH_FOR_NSN
)

// What a client is told about a phone number that is refused.
const (
	phoneUnreadable  = "A phone number must be valid UTF-8 text without replacement characters (U+FFFD)."
	phoneNoDigits    = "A phone number must have at least one digit (0 to 9)."
	phoneLength      = "A phone number must have at most 32 digits."
	phoneLetter      = "A phone number must not contain letters; extensions are not accepted."
	phoneOtherDigits = "A phone number must be written with the digits 0 to 9."
	phonePlus        = "A phone number may have only one +, in front of its digits."
	phoneInvisible   = "A phone number must not contain control characters or invisible characters."
	phoneOther       = "A phone number must be an optional + and 1 to 32 digits; blanks, dashes, dots, slashes and brackets are ignored."
)

// Phone returns the form of raw in which phone numbers are stored and compared.
// Blank is absent: "" without an error. What is not an optional + and 1 to 32
// digits, with separators between them, fails with CodeInvalidValue.
//
// A number that is valid with its country code, or without one in the region
// of n, is returned in E.164. Everything else is kept as typed, without its
// separators.
func (n *Normalizer) Phone(raw string) (string, error) {
	number, err := dialled(raw)
	switch {
	case err != nil || number == "":
		return "", err
	case number[0] == '+':
		return n.international(number), nil
	case n.region == "":
		return number, nil
	default:
		return n.national(number), nil
	}
}

// dialled returns the optional + and the digits of raw, "" when raw is blank.
func dialled(raw string) (string, error) {
	text := strings.TrimSpace(raw)
	if text == "" {
		return "", nil
	}
	if !readable(text) {
		return "", refuse(FieldPhone, phoneUnreadable)
	}
	number := make([]byte, 0, len("+")+maxPhoneDigits)
	for _, r := range compatible(text) {
		switch {
		case '0' <= r && r <= '9', r == '+' && len(number) == 0:
			number = utf8.AppendRune(number, r)
		case !separator(r):
			return "", refuse(FieldPhone, objection(r))
		}
	}
	switch digits := strings.TrimPrefix(string(number), "+"); {
	case digits == "":
		return "", refuse(FieldPhone, phoneNoDigits)
	case len(digits) > maxPhoneDigits:
		return "", refuse(FieldPhone, phoneLength)
	}
	return string(number), nil
}

// separator reports whether r only groups digits: a blank, a dash of any width
// (the minus sign is not among Unicode's dashes), a dot, a slash or a bracket.
func separator(r rune) bool {
	switch r {
	case ' ', '-', '\u2212', '.', '/', '(', ')', '[', ']', '{', '}':
		return true
	}
	return unicode.IsSpace(r) || unicode.Is(unicode.Pd, r)
}

// objection returns what to tell a client about r, which no number may contain.
func objection(r rune) string {
	switch {
	case r == '+':
		return phonePlus
	case unicode.IsLetter(r):
		return phoneLetter
	case unicode.IsNumber(r):
		return phoneOtherDigits
	case unicode.In(r, unicode.Cc, unicode.Cf):
		return phoneInvisible
	default:
		return phoneOther
	}
}

// international returns number, a + and digits, in E.164 when it is valid with
// its country code, else as it is.
//
// A number that is valid as it stands is never changed, so normalization is
// idempotent whatever the library's tables say: all that it returns otherwise
// is valid as it stands. Parsing would take the first digits of some such
// numbers for a prefix and lose the number (810 in Belarus) or answer another
// one (0037 in Japan).
func (n *Normalizer) international(number string) string {
	country, digits := split(number[len("+"):])
	if country == 0 {
		return number
	}
	plan := n.plans.of(country)
	if plan.valid(digits) {
		return number
	}
	// Not valid as it stands, but perhaps without a national prefix, as in
	// +49 (0)30 123456. The default region has no say: the + names the country.
	switch national, known := plan.regions[0].significant(digits); {
	case !known:
		return n.parse(number, "")
	case national == digits || !plan.valid(national):
		return number
	default:
		return "+" + plan.code + national
	}
}

// national returns number, digits as they would be dialled in the region of n,
// in E.164 when it is valid, else as it is.
func (n *Normalizer) national(number string) string {
	plan := n.plans.of(n.country)
	region := plan.region(n.region)
	if !region.national(number) {
		return n.parse(number, n.region)
	}
	switch national, known := region.significant(number); {
	case !known:
		return n.parse(number, n.region)
	case !plan.valid(national):
		return number
	default:
		return "+" + plan.code + national
	}
}

// split divides digits, which followed a +, into country code and national
// number. The code is 0 when they start with no country's code.
func split(digits string) (country int32, national string) {
	if digits[0] == '0' {
		return 0, "" // no country code does
	}
	for i := range min(maxCountryDigits, len(digits)) {
		country = 10*country + int32(digits[i]-'0')
		// The first that fits is the only one: none is the start of another.
		if phonenumbers.GetRegionCodeForCountryCode(int(country)) != phonenumbers.UNKNOWN_REGION {
			return country, digits[i+1:]
		}
	}
	return 0, ""
}

// parse returns number, as it would be dialled in region, in E.164 when the
// library reads a valid number from it, else as it is.
func (n *Normalizer) parse(number, region string) string {
	parsed, err := phonenumbers.Parse(number, region)
	if err != nil {
		return number
	}
	plan := n.plans.of(parsed.GetCountryCode())
	national := phonenumbers.GetNationalSignificantNumber(parsed)
	if !plan.valid(national) {
		return number
	}
	return "+" + plan.code + national
}
