package identity

import (
	"regexp"
	"strconv"
	"testing"

	"github.com/nyaruka/phonenumbers"
)

// Catches an automaton that differs from its regular expression on any string
// of up to four digits.
func TestAutomaton(t *testing.T) {
	t.Parallel()
	for _, expr := range []string{
		`^(?:)$`, `^(?:)`, `^(?:NA)$`, `^(?:12|1234)$`, `^(?:12|1234)`, `^(?:\d{3})$`, `^(?:\d{2,4})$`,
		`^(?:1?2*3+)$`, `^(?:[1-3]|[^4-9]5)`, `^(?:(?:1|23){2})$`, `^(?:0?(?:(1|22)15)?)`, `^(?:(0[25]\d)$|(?:00)?)`,
		`^(?:([457]\d{2})$|1)`, `^(?:.1)$`, `^(?:$)`, `^(?:1$|2$3)`, `^(?:\d*?7)$`, `^(?:(?:^1)2|3^4)$`,
	} {
		a, want := newAutomaton(expr), regexp.MustCompile(expr)
		if a == nil {
			t.Errorf("%s: no automaton", expr)
			continue
		}
		for length, count := 0, 1; length <= 4; length, count = length+1, count*10 {
			for i := range count {
				digits := strconv.Itoa(count + i)[1:] // i with leading zeros
				if got := a.MatchString(digits); got != want.MatchString(digits) {
					t.Fatalf("%s matches %q: %t, want %t", expr, digits, got, !got)
				}
			}
		}
	}
}

// Catches an expression that an automaton would decide wrongly, or only with
// too much memory: the regular expression itself must decide it.
func TestCompileFallsBack(t *testing.T) {
	t.Parallel()
	for _, expr := range []string{`12`, `12$`, `^1|2`, `^(?:1\b2)$`, `(?m)^(?:1)$`, `^(?:\d*1\d{13})$`} {
		if _, fallback := compile(expr).(*regexp.Regexp); !fallback {
			t.Errorf("%s became an automaton", expr)
		}
	}
}

// Catches a version of the library whose patterns need the slow fallback.
func TestLibraryPatternsAreAutomata(t *testing.T) {
	t.Parallel()
	for code := range phonenumbers.GetSupportedCallingCodes() {
		for _, r := range newPlan(int32(code)).regions {
			matchers := []matcher{r.dialOut(), r.general.pattern()}
			if r.leading != nil {
				matchers = append(matchers, r.leading())
			}
			for _, k := range r.kinds {
				matchers = append(matchers, k.pattern())
			}
			for _, m := range matchers {
				if slow, fallback := m.(*regexp.Regexp); fallback {
					t.Errorf("%s (+%d): %s did not become an automaton", r.id, code, slow)
				}
			}
		}
	}
}

// Catches a rule of the library that its metadata needs today in no number, but
// may tomorrow.
func TestPlanValid(t *testing.T) {
	t.Parallel()
	desc := func(pattern string, lengths ...int32) *phonenumbers.PhoneNumberDesc {
		return &phonenumbers.PhoneNumberDesc{NationalNumberPattern: &pattern, PossibleLength: lengths}
	}
	first := newRegion(&phonenumbers.PhoneMetadata{
		LeadingDigits: new("1[23]"),
		GeneralDesc:   desc(`[1-8]\d+`, 3, 4),
		FixedLine:     desc(`\d{3}|\d{5}`),
		Mobile:        desc(`\d{4}`, -1),
	})
	second := newRegion(&phonenumbers.PhoneMetadata{
		GeneralDesc:                   desc(`\d+`, 3, 4, 5),
		FixedLine:                     desc(`1\d+`, 4, 5),
		Mobile:                        desc(`2\d+`),
		SameMobileAndFixedLinePattern: new(true),
	})
	one, two := &plan{regions: []*region{first}}, &plan{regions: []*region{first, second}}
	tests := map[string]struct {
		plan   *plan
		digits string
		want   bool
	}{
		"a lone region ignores leading digits": {one, "423", true},
		"not the general pattern":              {one, "923", false},
		"not a general length":                 {one, "12345", false},
		"no numbers of the kind":               {one, "4234", false},
		"leading digits":                       {two, "123", true},
		"leading digits decide":                {two, "12345", false},
		"no leading digits":                    {two, "14567", true},
		"not a length of the kind":             {two, "145", false},
		"mobile numbers like fixed lines":      {two, "2345", false},
	}
	for name, test := range tests {
		if got := test.plan.valid(test.digits); got != test.want {
			t.Errorf("%s: valid(%q) = %t", name, test.digits, got)
		}
	}
}

// Catches a country code without a plan, which Phone takes for granted.
func TestEveryCountryHasItsRegions(t *testing.T) {
	t.Parallel()
	for code := range phonenumbers.GetSupportedCallingCodes() {
		want := phonenumbers.GetRegionCodesForCountryCode(code)
		p := newPlan(int32(code))
		if len(p.regions) != len(want) || len(want) == 0 {
			t.Fatalf("+%d has %d regions, want %v", code, len(p.regions), want)
		}
		for i, r := range p.regions {
			if r.id != want[i] || r.general.lengths == 0 {
				t.Errorf("+%d: region %d is %q with lengths %b, want %q", code, i, r.id, r.general.lengths, want[i])
			}
		}
	}
}
