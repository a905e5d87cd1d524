package identity

import (
	"fmt"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// Normalizer brings raw identifiers into the form in which they are stored and
// compared. Normalizing a normalized value changes nothing.
//
// The zero value is a Normalizer without a region. It never changes after it
// was made and is safe for concurrent use.
type Normalizer struct {
	region  string
	country int32 // the country code of region
	screen  Screen
	plans   plans
}

// NewNormalizer returns a Normalizer that reads phone numbers without a country
// code as numbers of region, an ISO 3166-1 alpha-2 code in either case. With ""
// there is no such region, and they are kept as they were typed.
func NewNormalizer(region string) (*Normalizer, error) {
	code := strings.ToUpper(region)
	country := phonenumbers.GetCountryCodeForRegion(code)
	if code != "" && country == 0 {
		return nil, fmt.Errorf("region %q is not known: want an ISO 3166-1 alpha-2 country code such as DE, IN or US", region)
	}
	return &Normalizer{region: code, country: int32(country)}, nil //nolint:gosec // at most three digits
}

// Observation normalizes what a request said about one person. It fails with
// CodeInvalidValue when a value is malformed, and CodeInvalidRequest when both are absent.
func (n *Normalizer) Observation(email, phone string) (Observation, error) {
	e, err := Email(email)
	if err != nil {
		return Observation{}, err
	}
	p, err := n.Phone(phone)
	if err != nil {
		return Observation{}, err
	}
	if e == "" && p == "" {
		return Observation{}, &Error{Code: CodeInvalidRequest, Detail: "At least one of email and phoneNumber is required."}
	}
	return Observation{Email: e, Phone: p}, nil
}
