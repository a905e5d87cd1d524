package identity

import (
	"slices"
	"strings"
)

// KeptForms returns under which forms a suppressed value must be kept so that LookupForms finds it
// again, the most exact one first. The value is normalized.
//
// An e-mail address has one form, the address. How a phone number is stored depends on DEFAULT_REGION
// and on the tables of the phone library: the number that somebody types as 4155550132 is stored as
// +14155550132, or as it was typed. The forms depend on neither. Whichever of the two was suppressed,
// these are recognised:
//
//   - the number with its country code, after +, 00, 011 or nothing, with or without the 0 that some
//     people write between the two
//   - the number without its country code, with or without the prefix for calls within the country
//
// A number that was suppressed without a country code may be that of any country, and is recognised
// in each. A number that DEFAULT_REGION makes another country's is another number. Numbers that
// change otherwise, such as Argentina's with 15, are recognised only as they were suppressed.
func KeptForms(f Field, value string) []string {
	if f == FieldEmail {
		return []string{value}
	}
	var forms []string
	add := func(all ...string) {
		for _, form := range all {
			if !slices.Contains(forms, form) {
				forms = append(forms, form)
			}
		}
	}
	number, international := strings.CutPrefix(value, "+")
	if !international {
		add(number)
		for _, n := range []string{number, strings.TrimPrefix(number, abroadFromAmerica)} {
			add(anyCountry(n), withCountry(significant(n)))
		}
		return forms
	}
	country, national := splitCountry(number)
	add(withCountry(number))
	for _, n := range []string{significant(national), national} {
		add(n, "0"+n, trunkPrefix(country)+n)
		add(country+n, "00"+country+n, abroadFromAmerica+country+n)
	}
	return forms
}

// LookupForms returns under which forms a value may have been suppressed.
func LookupForms(f Field, value string) []string {
	number, international := strings.CutPrefix(value, "+")
	if f == FieldEmail || !international {
		return []string{value}
	}
	country, national := splitCountry(number)
	forms := []string{withCountry(number), anyCountry(national)}
	if prefix := trunkPrefix(country); prefix != "0" {
		forms = append(forms, anyCountry(prefix+significant(national)))
	}
	return forms
}

// abroadFromAmerica precedes a country code in calls from the countries with the code 1.
const abroadFromAmerica = "011"

// withCountry is the form of a number that begins with its country code.
func withCountry(number string) string {
	country, national := splitCountry(number)
	return "+" + country + significant(national)
}

// anyCountry is the form of a number whose country is not known.
func anyCountry(national string) string { return "~" + significant(national) }

// significant drops the zeros that people write in front of a number in one place and not in another.
func significant(number string) string { return strings.TrimLeft(number, "0") }

// splitCountry divides a number into country code and the rest. Country codes are those of ITU-T
// E.164 by their length alone, which is fixed: suppressed numbers must be recognised by later
// versions, too. The code is "" when the number begins with none.
func splitCountry(number string) (country, national string) {
	length := 3
	switch {
	case number == "" || number[0] == '0':
		length = 0
	case number[0] == '1' || number[0] == '7':
		length = 1
	case len(number) >= 2 && strings.Contains(
		"20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98",
		number[:2]):
		length = 2
	}
	length = min(length, len(number))
	return number[:length], number[length:]
}

// trunkPrefix is what precedes a number in calls within a country. Like splitCountry it must not
// change.
func trunkPrefix(country string) string {
	switch country {
	case "7", "370", "993":
		return "8"
	case "375":
		return "80"
	case "36":
		return "06"
	}
	return "0"
}
