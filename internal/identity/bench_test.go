package identity_test

import (
	"testing"

	"github.com/identikit/identikit/internal/identity"
)

func BenchmarkEmail(b *testing.B) {
	for name, raw := range map[string]string{
		"plain":         "lorraine.mcfly@hillvalley.edu",
		"upper":         "Lorraine.McFly@HillValley.edu",
		"accent":        "josé.garcía@hillvalley.edu",
		"international": "josé.garcía@bücher.example",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := identity.Email(raw); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkPhone(b *testing.B) {
	for name, input := range map[string]struct{ region, raw string }{
		"digits":        {"", "123456"},
		"separators":    {"", "(415) 555-2671"},
		"E164-US":       {"", "+14155552671"},
		"E164-CA":       {"", "+16042345678"},
		"E164-DE":       {"", "+4930123456"},
		"E164-IN":       {"", "+919876543210"},
		"invalid":       {"", "+3333333333"},
		"invalid-US":    {"", "+15551234567"},
		"no-country":    {"", "+999123456"},
		"prefix-DE":     {"", "+49 (0)30 123456"},
		"full-width":    {"", "＋４９（３０）１２３４５６"},
		"national-US":   {"US", "(415) 555-2671"},
		"national-DE":   {"DE", "030 123456"},
		"national-none": {"DE", "0000"},
	} {
		n := normalizer(b, input.region)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := n.Phone(input.raw); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkPhoneFirst includes making what a Normalizer keeps for a country code.
func BenchmarkPhoneFirst(b *testing.B) {
	for _, raw := range []string{"+15551234567", "+14155552671", "+4930123456", "+5491123456789"} {
		b.Run(raw, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := normalizer(b, "").Phone(raw); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
