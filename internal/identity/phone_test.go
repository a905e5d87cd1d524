package identity_test

import (
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/nyaruka/phonenumbers"
	"golang.org/x/text/unicode/norm"

	"github.com/identikit/identikit/internal/identity"
)

// Catches a number that is not recognised in another spelling, one that becomes
// somebody else's, and test values such as 0000 that are refused.
func TestPhone(t *testing.T) {
	t.Parallel()
	digits32 := strings.Repeat("7", 32)
	tests := map[string]struct{ region, raw, want string }{
		"empty is absent":             {"", "", ""},
		"blanks are absent":           {"", " \t\u00a0\u3000", ""},
		"digits stay":                 {"", "123456", "123456"},
		"leading zeros stay":          {"", "0000", "0000"},
		"one digit":                   {"", "7", "7"},
		"not valid, with +":           {"", "+3333333333", "+3333333333"},
		"no such country":             {"", "+999123456", "+999123456"},
		"zero after +":                {"", "+0301234567", "+0301234567"},
		"country code alone":          {"", "+49", "+49"},
		"32 digits":                   {"", digits32, digits32},
		"32 digits with +":            {"", "+" + digits32, "+" + digits32},
		"separators":                  {"", " 12-34.56/(78)[9]{0}\t", "1234567890"},
		"dashes of all kinds":         {"", "1\u20102\u20113\u20124\u20135\u20146\u22127\uff0d8", "12345678"},
		"blanks of all kinds":         {"", "1\t2\n3\u00a04\u20035\u30006\u202f7\u20288", "12345678"},
		"full width":                  {"", "＋４９（３０）１２３４５６", "+4930123456"},
		"superscript":                 {"", "¹²³", "123"},
		"E.164":                       {"", "+14155552671", "+14155552671"},
		"spelt internationally":       {"", "+1 (415) 555-2671", "+14155552671"},
		"+ in brackets":               {"", "(+1) 415 555 2671", "+14155552671"},
		"national prefix after +":     {"", "+49 (0)30 123456", "+4930123456"},
		"and a longer country code":   {"", "+353 (0)1 234 5678", "+35312345678"},
		"Italian zero":                {"", "+39 06 6982 1234", "+390669821234"},
		"Argentine mobile":            {"", "+54 11 15 2345 6789", "+5491123456789"},
		"Mexican 1, out of use":       {"", "+52 1 55 1234 5678", "+5215512345678"},
		"not geographic":              {"", "+800 1234 5678", "+80012345678"},
		"Belarus 810 as it stands":    {"", "+3758101234567", "+3758101234567"},
		"Japan 0037 as it stands":     {"", "+81003768172000000", "+81003768172000000"},
		"no region, national":         {"", "(415) 555-2671", "4155552671"},
		"no region, 00":               {"", "0049 30 123456", "004930123456"},
		"national, US":                {"US", "(415) 555-2671", "+14155552671"},
		"national, US, with 1":        {"US", "1-415-555-2671", "+14155552671"},
		"national, US, to Canada":     {"US", "604 234 5678", "+16042345678"},
		"abroad, US":                  {"US", "011 49 30 123456", "+4930123456"},
		"national, DE":                {"DE", "030 123456", "+4930123456"},
		"abroad, DE":                  {"DE", "0039 06 6982 1234", "+390669821234"},
		"national, IN":                {"IN", "098765 43210", "+919876543210"},
		"national, IT":                {"IT", "06 6982 1234", "+390669821234"},
		"national, AR":                {"AR", "011 15 2345-6789", "+5491123456789"},
		"national, MX":                {"MX", "55 1234 5678", "+525512345678"},
		"national, BY":                {"BY", "8 0 8101234567", "+3758101234567"},
		"region, not valid":           {"US", "123456", "123456"},
		"region, zeros":               {"DE", "0000", "0000"},
		"region, one digit":           {"DE", "7", "7"},
		"region, other country's":     {"US", "+49 30 123456", "+4930123456"},
		"region, + does not dial out": {"DE", "+0039 06 6982 1234", "+00390669821234"},
		"region, 32 digits":           {"DE", digits32, digits32},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := normalizer(t, test.region).Phone(test.raw)
			if err != nil {
				t.Fatalf("Phone(%+q): %v", test.raw, err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("Phone(%+q) in %q (-want +got):\n%s", test.raw, test.region, diff)
			}
		})
	}
}

// Catches what is no number and is stored all the same, and a refusal that
// gives another reason than the true one.
func TestPhoneRefused(t *testing.T) {
	t.Parallel()
	const (
		unreadable = "UTF-8"
		noDigits   = "at least one digit"
		length     = "at most 32 digits"
		letter     = "extensions are not accepted"
		digits     = "digits 0 to 9"
		plus       = "only one +"
		invisible  = "invisible"
		other      = "optional +"
	)
	tests := map[string]struct{ raw, want string }{
		"separators only":          {"()-", noDigits},
		"+ only":                   {"+", noDigits},
		"33 digits":                {strings.Repeat("1", 33), length},
		"33 digits with +":         {"+" + strings.Repeat("1", 33), length},
		"letters":                  {"call me", letter},
		"extension":                {"030 123456 x12", letter},
		"vanity number":            {"1-800-FLOWERS", letter},
		"scheme":                   {"tel:+4930123456", letter},
		"exponent":                 {"1e5", letter},
		"letter by NFKC":           {"№ 12", letter},
		"Arabic-Indic digits":      {"٠١٢", digits},
		"Devanagari digits":        {"०१२", digits},
		"Ethiopic number":          {"፲", digits},
		"+ in the middle":          {"49+30", plus},
		"two +":                    {"++4930", plus},
		"+ at the end":             {"4930+", plus},
		"NUL":                      {"12\x0034", invisible},
		"left-to-right mark":       {"\u200e+4930123456", invisible},
		"zero-width space":         {"12\u200b34", invisible},
		"soft hyphen":              {"12\u00ad34", invisible},
		"two numbers":              {"123456, 123457", other},
		"number sign":              {"*31#123456", other},
		"fraction":                 {"½", other},
		"combining mark":           {"12\u0301", other},
		"invalid UTF-8":            {"12\xff34", unreadable},
		"replacement character":    {"12\ufffd34", unreadable},
		"invalid UTF-8 on its own": {"\xff", unreadable},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := normalizer(t, "DE").Phone(test.raw)
			checkRefused(t, err, identity.CodeInvalidValue, identity.FieldPhone, test.want)
			if got != "" {
				t.Errorf("Phone(%+q) = %+q beside an error", test.raw, got)
			}
		})
	}
}

// Catches a region or a kind of number whose E.164 form is not stable: the
// library's own examples, as every region would dial them.
func TestPhoneEveryRegion(t *testing.T) {
	t.Parallel()
	for region := range phonenumbers.GetSupportedRegions() {
		t.Run(region, func(t *testing.T) {
			t.Parallel()
			n := normalizer(t, region)
			for kind := phonenumbers.FIXED_LINE; kind <= phonenumbers.VOICEMAIL; kind++ {
				example := phonenumbers.GetExampleNumberForType(region, kind)
				if example == nil {
					continue
				}
				e164 := phonenumbers.Format(example, phonenumbers.E164)
				checkPhone(t, n, region, e164)
				checkPhone(t, n, region, e164[1:])
				checkPhone(t, n, region, "00"+e164[1:])
				checkPhone(t, n, region, phonenumbers.Format(example, phonenumbers.NATIONAL))
				national := phonenumbers.GetNationalSignificantNumber(example)
				prefix := phonenumbers.GetNddPrefixForRegion(region, true)
				checkPhone(t, n, region, national)
				checkPhone(t, n, region, strings.TrimSuffix(e164, national)+prefix+national)
			}
		})
	}
}

func FuzzPhone(f *testing.F) {
	regions := []string{"", "US", "DE", "IN", "IT", "AR", "MX", "BY", "JP", "BR"}
	for i, raw := range []string{
		"", " ", "123456", "0000", "7", "+3333333333", "+999123456", "+0301234567", "+49", "+", "()-",
		"+14155552671", "+1 (415) 555-2671", "4155552671", "1-415-555-2671", "011 49 30 123456", "+16042345678",
		"030 123456", "0049 30 123456", "+49 (0)30 123456", "+4930123456", "4930123456",
		"098765 43210", "+919876543210", "00919876543210", "06 6982 1234", "+390669821234", "+39000",
		"011 15 2345-6789", "+54 11 15 2345 6789", "+5491123456789", "+541151234567", "55 1234 5678", "+52 1 55 1234 5678",
		"8 0 8101234567", "+3758101234567", "+810037687996390943", "+81003768172000000", "0037687996390943", "0 15 11 2345-6789", "+55 11 91234 5678",
		"+800 1234 5678", "＋４９（３０）１２３４５６", "¹²³", "٠١٢", "1\u22122", "x12", "++1", "12\xff", "12\ufffd", "12\u200b",
		strings.Repeat("7", 32), strings.Repeat("7", 33), "+" + strings.Repeat("0", 17), "+49" + strings.Repeat("0", 17),
	} {
		f.Add(raw, byte(i))
		f.Add(raw, byte(0))
	}
	f.Fuzz(func(t *testing.T, raw string, i byte) {
		region := regions[int(i)%len(regions)]
		checkPhone(t, normalizer(t, region), region, raw)
	})
}

// checkPhone checks the rules that hold for every input: Phone answers what
// plainPhone answers; what it answers is an optional + and digits; and it
// changes nothing the second time, with the region or without.
func checkPhone(t *testing.T, n *identity.Normalizer, region, raw string) {
	t.Helper()
	got, err := n.Phone(raw)
	want, ok := plainPhone(region, raw)
	if got != want || (err == nil) != ok {
		t.Fatalf("Phone(%+q) in %q = %+q, %v; want %+q, accepted: %t", raw, region, got, err, want, ok)
	}
	if err != nil || got == "" {
		return
	}
	if digits := strings.TrimPrefix(got, "+"); digits == "" || len(digits) > 32 || strings.Trim(digits, "0123456789") != "" {
		t.Fatalf("Phone(%+q) in %q = %+q: not a number", raw, region, got)
	}
	if again, err := n.Phone(got); again != got || err != nil {
		t.Fatalf("Phone(%+q) in %q = %+q, then %+q, %v", raw, region, got, again, err)
	}
	if again, err := new(identity.Normalizer).Phone(got); again != got || err != nil {
		t.Fatalf("Phone(%+q) in %q = %+q, without a region %+q, %v", raw, region, got, again, err)
	}
}

// plainPhone is the rule without its short cuts: NFKC for all, and the library
// parses every number first.
func plainPhone(region, raw string) (string, bool) {
	text := strings.TrimSpace(raw)
	if text == "" {
		return "", true
	}
	number := strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) || strings.ContainsRune("\u2212./()[]{}", r) {
			return -1
		}
		return r
	}, norm.NFKC.String(text))
	digits := strings.TrimPrefix(number, "+")
	if !utf8.ValidString(raw) || strings.Trim(digits, "0123456789") != "" || digits == "" || len(digits) > 32 {
		return "", false
	}
	if number != digits {
		region = ""
	}
	parsed, err := phonenumbers.Parse(number, region)
	if err != nil || !phonenumbers.IsValidNumber(parsed) || validAsItStands(number) {
		return number, true
	}
	return phonenumbers.Format(parsed, phonenumbers.E164), true
}

// validAsItStands tries every country code there is in front of number.
func validAsItStands(number string) bool {
	for code := range phonenumbers.GetSupportedCallingCodes() {
		national, found := strings.CutPrefix(number, "+"+strconv.Itoa(code))
		value, err := strconv.ParseUint(national, 10, 64)
		if !found || err != nil {
			continue
		}
		zeros := len(national) - len(strconv.FormatUint(value, 10))
		candidate := &phonenumbers.PhoneNumber{
			CountryCode: new(int32(code)), NationalNumber: &value,
			ItalianLeadingZero: new(zeros > 0), NumberOfLeadingZeros: new(int32(zeros)),
		}
		if phonenumbers.IsValidNumber(candidate) {
			return true
		}
	}
	return false
}

func normalizer(t testing.TB, region string) *identity.Normalizer {
	t.Helper()
	n, err := identity.NewNormalizer(region)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
