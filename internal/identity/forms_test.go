package identity_test

import (
	"slices"
	"testing"

	"github.com/nyaruka/phonenumbers"

	"github.com/identikit/identikit/internal/identity"
)

// recognised reports whether value is refused after suppressed was suppressed.
func recognised(suppressed, value string) bool {
	kept := identity.KeptForms(identity.FieldPhone, suppressed)
	return slices.ContainsFunc(identity.LookupForms(identity.FieldPhone, value), func(form string) bool { return slices.Contains(kept, form) })
}

// Fails when a suppressed number is let in because it is written or stored in another form, or when
// another number is kept out.
func TestFormsOfPhoneNumbers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		suppressed, value string
		want              bool
	}{
		{"+14155550132", "+14155550132", true},
		{"+14155550132", "4155550132", true},
		{"+14155550132", "14155550132", true},
		{"+14155550132", "0014155550132", true},
		{"+14155550132", "01114155550132", true},
		{"4155550132", "4155550132", true},
		{"4155550132", "+14155550132", true},
		{"14155550132", "+14155550132", true},
		{"01114155550132", "+14155550132", true},
		{"+4915112345678", "015112345678", true},
		{"+4915112345678", "004915112345678", true},
		{"+4915112345678", "+49015112345678", true},
		{"+49015112345678", "+4915112345678", true},
		{"015112345678", "+4915112345678", true},
		{"004915112345678", "+4915112345678", true},
		{"+390612345678", "0612345678", true},
		{"0612345678", "+390612345678", true},
		{"+79123456789", "89123456789", true},
		{"89123456789", "+79123456789", true},
		{"06201234567", "+36201234567", true},
		{"+36201234567", "06201234567", true},
		{"777", "777", true},
		{"000000", "000000", true},

		{"+14155550132", "+494155550132", false}, // the same digits in another country
		{"+14155550132", "+14155550133", false},
		{"+14155550132", "5550132", false},
		{"777", "0777", false},
		{"777", "7777", false},
		{"000000", "00000", false},
	} {
		if got := recognised(c.suppressed, c.value); got != c.want {
			t.Errorf("%s after %s was suppressed: recognised %v, want %v", c.value, c.suppressed, got, c.want)
		}
	}
}

// Fails when a number of some country is let in because DEFAULT_REGION was set or removed after it was
// suppressed, or because it comes in its international form.
func TestFormsDoNotDependOnTheRegion(t *testing.T) {
	t.Parallel()
	none, err := identity.NewNormalizer("")
	if err != nil {
		t.Fatal(err)
	}
	tested := 0
	for region := range phonenumbers.GetSupportedRegions() {
		with, err := identity.NewNormalizer(region)
		if err != nil {
			t.Fatal(err)
		}
		for _, kind := range []phonenumbers.PhoneNumberType{phonenumbers.FIXED_LINE, phonenumbers.MOBILE} {
			example := phonenumbers.GetExampleNumberForType(region, kind)
			if example == nil {
				continue
			}
			written := phonenumbers.Format(example, phonenumbers.NATIONAL)
			a, errA := with.Phone(written)
			b, errB := none.Phone(written)
			if errA != nil || errB != nil {
				continue
			}
			tested++
			if !recognised(a, b) || !recognised(b, a) {
				t.Errorf("%s: %s and %s are not the same: %v, %v", region, a, b, recognised(a, b), recognised(b, a))
			}
		}
	}
	if tested < 400 {
		t.Errorf("only %d numbers were tested", tested)
	}
}
