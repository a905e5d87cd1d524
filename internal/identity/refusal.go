package identity

// Reason says why an observation is kept without linking anyone. The set is
// closed.
type Reason string

const (
	// ReasonRetracted: somebody found that the two values are not one person's.
	ReasonRetracted Reason = "retracted"

	// ReasonSeparated: it would unite contacts of which somebody said that they
	// are different people.
	ReasonSeparated Reason = "separated"

	// ReasonBlocked: the value identifies nobody.
	ReasonBlocked Reason = "blocked"

	// ReasonFanOut: the value came with as many others as are believed to be one
	// person's.
	ReasonFanOut Reason = "fan_out"

	// ReasonFuse: the cluster would have more values than are believed to be one
	// person's.
	ReasonFuse Reason = "fuse"

	// ReasonErased: the value was erased for good. Other than with the reasons
	// above, nothing of it is kept.
	ReasonErased Reason = "erased"
)

// Refusal is a value that was not linked, and why.
type Refusal struct {
	Code   Reason
	Field  Field
	Detail string // a whole sentence for the client, without the value
}

// NewRefusal words the refusal of a field's value.
func NewRefusal(code Reason, field Field) Refusal {
	return Refusal{Code: code, Field: field, Detail: detail(code)}
}

func detail(code Reason) string {
	switch code {
	case ReasonRetracted:
		return "That these two values belong together was retracted. Restore the observation to link them."
	case ReasonSeparated:
		return "This would unite contacts that were declared to be different people. Delete the separation to link them."
	case ReasonBlocked:
		return "This value is blocked because it identifies nobody."
	case ReasonFanOut:
		return "One of these values already came with as many others as are allowed. Accept the refusal to link them."
	case ReasonFuse:
		return "The contact would have more values than are allowed. Accept the refusal to link them."
	case ReasonErased:
		return "This value was erased for good. Nothing is stored about it."
	}
	return ""
}
