package identity

import "time"

// Field names a field of a request as the API spells it.
type Field string

// The fields that hold identifiers.
const (
	FieldEmail Field = "email"
	FieldPhone Field = "phoneNumber"
)

// Observation is what was seen together in one request: an e-mail address, a
// phone number, or both. The values are normalized, "" means absent, and at
// least one is present. Normalizer.Observation makes them.
type Observation struct {
	Email string
	Phone string

	// SeenAt is when, for what was seen in the past: between the years 1000 and 9999, one in the
	// future means now. Zero means now.
	SeenAt time.Time
}
