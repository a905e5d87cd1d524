package identity_test

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/identikit/identikit/internal/identity"
)

// Fails when a text that mentions an erased value would stay, or an unrelated one be emptied.
func TestMentions(t *testing.T) {
	t.Parallel()
	const ann, idn, us, short = "ann.o@x.example", "ann@xn--bcher-kva.example", "+14155550132", "777"
	for _, c := range []struct {
		text, value string
		want        bool
	}{
		{"ann.o@x.example", ann, true},
		{"it was Ann.O@X.Example, she said", ann, true},
		{"mail <ann.o@x.example>.", ann, true},
		{"mailto:ann.o@x.example?subject=x", ann, true},
		{`"ann.o@x.example"`, ann, true},
		{"'ann.o@x.example'", ann, true},
		{"email=ann.o@x.example;", ann, true},
		{"(ann.o@x.example)", ann, true},
		{"she is ann.o@x.example.", ann, true},
		{"-ann.o@x.example", ann, true},
		{"...ann.o@x.example...", ann, true},
		{"ＡＮＮ．Ｏ＠Ｘ．ＥＸＡＭＰＬＥ", ann, true},
		{"ann.o\uff20x.example", ann, true},
		{"ann.o\ufe6bx.example", ann, true},
		{"\u202aann.o@x.example\u202c", ann, true},
		{"ann.o\u200b@x.example", ann, true},
		{"メールはann.o@x.exampleです", ann, true},
		{"ann.o@x。example", ann, true},
		{"mary-ann.o@x.example", ann, false},
		{"joann.o@x.example", ann, false},
		{"ann.o@x.example.com", ann, false},
		{"ann.o@x.examples", ann, false},
		{"ann.o@x.example-shop", ann, false},
		{"ann_o@x.example", ann, false},
		{"ann.o at x.example", ann, false},
		{"mary-ann.o@x.example and ann.o@x.example", ann, true},

		{"ann@bücher.example", idn, true},
		{"ANN@BÜCHER.EXAMPLE", idn, true},
		{"ann@bu\u0308cher.example", idn, true},
		{"ann@xn--bcher-kva.example", idn, true},
		{"Ann@XN--BCHER-KVA.example.", idn, true},
		{"ann@bücher。example", idn, true},
		{"ann@bü\u00adcher.example", idn, true},
		{"ann@bucher.example", idn, false},
		{"joann@bücher.example", idn, false},
		{"ann@bücher.example.org", idn, false},
		{"ann@büchereien.example", idn, false},

		{"+14155550132", us, true},
		{"+1 (415) 555-0132", us, true},
		{"415.555.0132", us, true},
		{"(415) 555–0132.", us, true},
		{"0415/5550132", us, true},
		{"001 415 555 0132", us, true},
		{"call 555-0132, please", us, true},
		{"tel4155550132", us, true},
		{"４１５－５５５－０１３２", us, true},
		{"415\u00a0555\u20110132", us, true},
		{"\u202d415-555-0132\u202c", us, true},
		{"2024-05-12 415-555-0132 2 times", us, true},
		{"415 555 0132\n415 555 0133", us, true},
		{"415 555 01321", us, false},
		{"415 555 0133", us, false},
		{"41 and 5550 and 132", us, false},
		{"555, 0132", us, false},
		{"555 0132 is two: 555. 0132", us, true},
		{"gave 555. 0132 was mine", us, false},
		{"12 and 34567", "1234567", false},
		{"12 34567", "1234567", true},
		{"12-34567", "1234567", true},
		{"12\n34567", "1234567", false},
		{"+49 (0)30 / 123456", "+4930123456", true},

		{"call 777", short, true},
		{"777.", short, true},
		{"+777", short, true},
		{"7-7-7", short, true},
		{"1777", short, false},
		{"777 1234", short, false},
		{"v777", short, false},
		{"777th", short, false},
		{"7 and 77", short, false},
		{"she came at 10, room 12", "1", false},
		{"she came 1 time", "1", true},
		{"", short, false},
	} {
		var o identity.Observation
		if strings.Contains(c.value, "@") {
			o.Email = c.value
		} else {
			o.Phone = c.value
		}
		if got := identity.Mentions(c.text, o); got != c.want {
			t.Errorf("%q mentions %s: got %v, want %v", c.text, c.value, got, c.want)
		}
	}
	if identity.Mentions("a text", identity.Observation{}) {
		t.Error("no value is mentioned")
	}
}

var plainDomain = regexp.MustCompile(`@[a-z0-9]+([.-]+[a-z0-9]+)*$`)

// Fails when a value that the normalizer accepts is not found in the text from which it was read,
// alone or in the middle of a sentence.
func FuzzMentions(f *testing.F) {
	for _, seed := range []string{"Ann@Bücher.example", "ＡＮＮ＠x。example", "+1 (415) 555-0132", "777", "a@ß.example", "σς@ΣΣ.example", "1\u20622"} {
		f.Add(seed)
	}
	normalizer, err := identity.NewNormalizer("US")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		if !utf8.ValidString(raw) {
			return
		}
		if email, err := identity.Email(raw); err == nil && email != "" {
			texts := []string{email, "see <" + email + ">, please"}
			if plainDomain.MatchString(email) { // others, such as a@!, match only as they are stored
				texts = append(texts, raw, "see <"+raw+">, please")
			}
			for _, text := range texts {
				if !identity.Mentions(text, identity.Observation{Email: email}) {
					t.Errorf("%q does not mention %q", text, email)
				}
			}
		}
		phone, err := normalizer.Phone(raw)
		if err == nil && phone != "" && !identity.Mentions("see <"+phone+">", identity.Observation{Phone: phone}) {
			t.Errorf("it does not mention %q", phone)
		}
	})
}
