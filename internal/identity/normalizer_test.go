package identity_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/identity"
)

// Catches a value that lands in the other field, an absent one that is refused,
// and the region being ignored.
func TestObservation(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		email, phone string
		want         identity.Observation
	}{
		"both":       {"McFly@HillValley.edu", "(415) 555-2671", identity.Observation{Email: "mcfly@hillvalley.edu", Phone: "+14155552671"}},
		"email only": {"McFly@HillValley.edu", " ", identity.Observation{Email: "mcfly@hillvalley.edu"}},
		"phone only": {"", "123456", identity.Observation{Phone: "123456"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := normalizer(t, "US").Observation(test.email, test.phone)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Catches an observation of nobody, and half of one being kept when the other
// half is malformed.
func TestObservationRefused(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		email, phone string
		code         identity.Code
		field        identity.Field
		detail       string
	}{
		"both absent":     {"", "", identity.CodeInvalidRequest, "", "required"},
		"both blank":      {" ", "\t", identity.CodeInvalidRequest, "", "required"},
		"malformed email": {"mcfly", "123456", identity.CodeInvalidValue, identity.FieldEmail, "@"},
		"malformed phone": {"mcfly@hillvalley.edu", "x", identity.CodeInvalidValue, identity.FieldPhone, "letters"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := normalizer(t, "").Observation(test.email, test.phone)
			checkRefused(t, err, test.code, test.field, test.detail)
			if diff := cmp.Diff(identity.Observation{}, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Catches a refusal, in the response or in the log, that repeats the value.
func TestRefusalsHoldNoValue(t *testing.T) {
	t.Parallel()
	const secret = "s3cr3t"
	for _, email := range []string{
		secret, secret + "@", "@" + secret, secret + " @b", secret + "\xff@b", "a@ü-" + secret + "-", "a@xn--" + secret + ".ü-",
		secret + strings.Repeat("x", 254) + "@b",
	} {
		if _, err := identity.Email(email); err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("Email(%+q): %v", email, err)
		}
	}
	const number = "4155552671"
	for _, phone := range []string{number + "x", number + "+", number + "٠", number + "#", number + "\xff", number + strings.Repeat("0", 32)} {
		if _, err := normalizer(t, "US").Phone(phone); err == nil || strings.Contains(err.Error(), number) {
			t.Errorf("Phone(%+q): %v", phone, err)
		}
	}
}

// Catches a region that is refused though it exists, and one that is ignored
// silently because it does not.
func TestNewNormalizer(t *testing.T) {
	t.Parallel()
	for _, region := range []string{"", "US", "de", "In"} {
		if _, err := identity.NewNormalizer(region); err != nil {
			t.Errorf("NewNormalizer(%q): %v", region, err)
		}
	}
	for _, region := range []string{" ", "ZZ", "XX", "USA", "001", "+49", "49", "Germany"} {
		_, err := identity.NewNormalizer(region)
		if err == nil || !strings.Contains(err.Error(), "ISO 3166-1 alpha-2") {
			t.Errorf("NewNormalizer(%q): got error %v, want one that says what is accepted", region, err)
		}
	}
}
