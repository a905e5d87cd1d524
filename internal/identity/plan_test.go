// The race detector makes the library twenty times slower, and nothing here is
// concurrent: make test runs these tests without it.

//go:build !race

package identity_test

import (
	"iter"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"

	"github.com/identikit/identikit/internal/identity"
)

// Catches a number after + that Phone and the library judge differently: all
// examples of the library, and what is one digit away from them.
func TestPhoneLikeLibrary(t *testing.T) {
	t.Parallel()
	for code := range phonenumbers.GetSupportedCallingCodes() {
		t.Run(strconv.Itoa(code), func(t *testing.T) {
			t.Parallel()
			n := normalizer(t, "")
			for _, example := range examples(code, phonenumbers.GetRegionCodesForCountryCode(code)...) {
				for digits := range variants(example) {
					checkLikeLibrary(t, n, "", "+"+strconv.Itoa(code)+digits)
				}
			}
		})
	}
}

// Catches likewise a number that is dialled in a region, with or without the
// prefixes that may precede it there.
func TestPhoneLikeLibraryNational(t *testing.T) {
	t.Parallel()
	for region := range phonenumbers.GetSupportedRegions() {
		t.Run(region, func(t *testing.T) {
			t.Parallel()
			n := normalizer(t, region)
			code := phonenumbers.GetCountryCodeForRegion(region)
			ndd := phonenumbers.GetNddPrefixForRegion(region, true)
			for i, example := range examples(code, region) {
				for _, prefix := range []string{"", ndd, "0", "00", "011", strconv.Itoa(code)} {
					checkLikeLibrary(t, n, region, prefix+example)
					for cut := range example {
						checkLikeLibrary(t, n, region, prefix+example[:cut]+strconv.Itoa(i%10)+example[cut:])
						checkLikeLibrary(t, n, region, prefix+example[cut:])
					}
				}
			}
		})
	}
}

// Catches what the examples do not lead to: 1,500 numbers of random length for
// each country code, a quarter of them dialled in one of its regions, too.
func TestPhoneLikeLibraryRandom(t *testing.T) {
	t.Parallel()
	for code := range phonenumbers.GetSupportedCallingCodes() {
		t.Run(strconv.Itoa(code), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(9, uint64(code)))
			regions := phonenumbers.GetRegionCodesForCountryCode(code)
			n, national := normalizer(t, ""), map[string]*identity.Normalizer{}
			for i := range 1500 {
				digits := randomDigits(random)
				checkLikeLibrary(t, n, "", "+"+strconv.Itoa(code)+digits)
				region := regions[random.IntN(len(regions))]
				if i%4 > 0 || region == phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY {
					continue
				}
				if national[region] == nil {
					national[region] = normalizer(t, region)
				}
				checkLikeLibrary(t, national[region], region, digits)
			}
		})
	}
}

func FuzzPhoneLikeLibrary(f *testing.F) {
	normalizers := map[string]*identity.Normalizer{"": normalizer(f, "")}
	for region := range phonenumbers.GetSupportedRegions() {
		normalizers[region] = normalizer(f, region)
		for _, example := range examples(phonenumbers.GetCountryCodeForRegion(region), region)[:1] {
			f.Add(region, example)
		}
	}
	for _, number := range []string{"+15551234567", "+4930123456", "+49030123456", "+81003768172000000", "+5491123456789"} {
		f.Add("", number)
	}
	f.Fuzz(func(t *testing.T, region, number string) {
		digits := strings.TrimPrefix(number, "+")
		n, found := normalizers[region]
		if !found || digits == "" || len(digits) > 32 || strings.Trim(digits, "0123456789") != "" {
			return
		}
		checkLikeLibrary(t, n, region, number)
	})
}

// checkLikeLibrary compares Phone with libraryPhone. number is an optional +
// and digits.
func checkLikeLibrary(t *testing.T, n *identity.Normalizer, region, number string) {
	t.Helper()
	if number == "" {
		return
	}
	got, err := n.Phone(number)
	if want := libraryPhone(region, number); got != want || err != nil {
		t.Errorf("Phone(%q) in %q = %q, %v; want %q", number, region, got, err, want)
	}
}

// libraryPhone is Phone as the library alone decides it.
func libraryPhone(region, number string) string {
	if digits, international := strings.CutPrefix(number, "+"); international {
		region = ""
		if validAfterPlus(digits) {
			return number
		}
	}
	parsed, err := phonenumbers.Parse(number, region)
	if err != nil || !phonenumbers.IsValidNumber(parsed) {
		return number
	}
	return phonenumbers.Format(parsed, phonenumbers.E164)
}

// validAfterPlus reports whether digits are a country code and a number that is
// valid as it stands.
func validAfterPlus(digits string) bool {
	for i := 1; i <= min(3, len(digits)-2); i++ {
		code, err := strconv.Atoi(digits[:i])
		if err != nil || digits[0] == '0' || phonenumbers.GetRegionCodeForCountryCode(code) == phonenumbers.UNKNOWN_REGION {
			continue
		}
		national := digits[i:]
		value, err := strconv.ParseUint(national, 10, 64)
		if err != nil || len(national) > 17 {
			return false
		}
		zeros := len(national) - len(strconv.FormatUint(value, 10))
		return phonenumbers.IsValidNumber(&phonenumbers.PhoneNumber{
			CountryCode: new(int32(code)), NationalNumber: &value,
			ItalianLeadingZero: new(zeros > 0), NumberOfLeadingZeros: new(int32(zeros)),
		})
	}
	return false
}

// examples returns the library's example numbers of regions and of code itself,
// of every kind, without the country code.
func examples(code int, regions ...string) []string {
	var found []string
	seen := map[string]bool{}
	add := func(number *phonenumbers.PhoneNumber) {
		if number == nil {
			return
		}
		if national := phonenumbers.GetNationalSignificantNumber(number); !seen[national] {
			seen[national] = true
			found = append(found, national)
		}
	}
	for _, region := range regions {
		for kind := phonenumbers.FIXED_LINE; kind <= phonenumbers.VOICEMAIL; kind++ {
			add(phonenumbers.GetExampleNumberForType(region, kind))
		}
	}
	add(phonenumbers.GetExampleNumberForNonGeoEntity(code))
	return found
}

// variants yields digits, and digits after every change, insertion and deletion
// of one digit, after every cut, and after a national prefix.
func variants(digits string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, whole := range []string{digits, "0" + digits, "1" + digits, "8" + digits} {
			if !yield(whole) {
				return
			}
		}
		for i := range len(digits) + 1 {
			if !yield(digits[:i]) || i < len(digits) && !yield(digits[:i]+digits[i+1:]) {
				return
			}
			for d := range 10 {
				digit := strconv.Itoa(d)
				if !yield(digits[:i]+digit+digits[i:]) || i < len(digits) && !yield(digits[:i]+digit+digits[i+1:]) {
					return
				}
			}
		}
	}
}

// randomDigits returns 1 to 18 digits.
func randomDigits(random *rand.Rand) string {
	digits := make([]byte, 1+random.IntN(18))
	for i := range digits {
		digits[i] = byte('0' + random.IntN(10))
	}
	return string(digits)
}
