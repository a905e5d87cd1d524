package identity

// Reason is why an observation is stored without linking its values. The set is closed.
type Reason string

const (
	// ReasonRetracted: the link between the two values was retracted.
	ReasonRetracted Reason = "retracted"

	// ReasonSeparated: it would link contacts that were declared to be different people.
	ReasonSeparated Reason = "separated"

	// ReasonBlocked: the value identifies nobody.
	ReasonBlocked Reason = "blocked"

	// ReasonFanOut: one of the values already has as many others as the policy allows.
	ReasonFanOut Reason = "fan_out"

	// ReasonFuse: the cluster would have more values than the policy allows.
	ReasonFuse Reason = "fuse"

	// ReasonErased: the value was erased with suppress. Unlike with the other reasons, nothing of it
	// is stored.
	ReasonErased Reason = "erased"
)

// Reasons lists all reasons.
func Reasons() []Reason { return append(Withholding(), ReasonErased) }

// Withholding lists the reasons for which an observation is stored and withheld: all but ReasonErased.
func Withholding() []Reason {
	return []Reason{ReasonRetracted, ReasonSeparated, ReasonBlocked, ReasonFanOut, ReasonFuse}
}

// Refusal is a value that was not linked, and why.
type Refusal struct {
	Code   Reason
	Field  Field
	Detail string // a whole sentence for the client, without the value
}

// NewRefusal returns the refusal of a field's value, with its Detail.
func NewRefusal(code Reason, field Field) Refusal {
	return Refusal{Code: code, Field: field, Detail: detail(code)}
}

func detail(code Reason) string {
	switch code {
	case ReasonRetracted:
		return "The link between these two values was retracted. Restore the observation to link them."
	case ReasonSeparated:
		return "This would link contacts that were declared to be different people. Delete the separation to link them."
	case ReasonBlocked:
		return "This value is blocked because it identifies nobody."
	case ReasonFanOut:
		return "One of these values already has as many others as are allowed. Accept the refusal to link them."
	case ReasonFuse:
		return "The contact would have more values than are allowed. Accept the refusal to link them."
	case ReasonErased:
		return "This value was permanently erased and cannot be linked. Nothing is stored about it."
	}
	return ""
}
