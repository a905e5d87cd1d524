package snapshot

import "fmt"

// Kind is a kind of difference between stored clusters and their evidence. The set is closed.
type Kind string

// The comments say what ContactID and OtherID of a Drift are.
const (
	PrimaryMissing        Kind = "primary-missing"         // the contact is linked to the other, which does not exist or is deleted
	LinkedToSecondary     Kind = "linked-to-secondary"     // the contact is linked to the other, which is not a primary
	LinkedWithoutEvidence Kind = "linked-without-evidence" // the contact is linked to the other, but no observations connect them
	EvidenceNotLinked     Kind = "evidence-not-linked"     // observations connect the primary with the other, an older contact
	PrimaryNotOldest      Kind = "primary-not-oldest"      // the primary is younger than the other, which is linked to it
	ObservationMissing    Kind = "observation-missing"     // the contact has two values but no observation of both
	EmailGone             Kind = "email-gone"              // the observation refers to an e-mail address that the contact does not have
	PhoneGone             Kind = "phone-gone"              // the observation refers to a phone number that the contact does not have
	PrecedenceWrong       Kind = "precedence-wrong"        // the contact's linked_id and link_precedence contradict each other
	SeparatedTogether     Kind = "separated-together"      // the contact and the other were separated, but observations connect them
	SeparatedUnmarked     Kind = "separated-unmarked"      // the contact was separated from the other, but is not marked as separated
	SeparationStray       Kind = "separation-stray"        // the contact was separated from the other, but does not exist or is deleted
	BlockStray            Kind = "block-stray"             // the contact is blocked, but does not exist or is deleted
	RefusalStray          Kind = "refusal-stray"           // the refused observation does not exist
	RetractionMissing     Kind = "retraction-missing"      // the observation is retracted, but has no retraction
	RetractionStray       Kind = "retraction-stray"        // the observation has a retraction, but does not exist or is not retracted
)

// Drift is one difference. Ids that do not apply are 0.
type Drift struct {
	Kind          Kind
	ContactID     uint64
	OtherID       uint64
	ObservationID uint64
}

// String describes the drift without values.
func (d Drift) String() string {
	contact, other := d.ContactID, d.OtherID
	var what string
	switch d.Kind {
	case PrimaryMissing:
		what = fmt.Sprintf("contact %d is linked to contact %d, which does not exist or is deleted", contact, other)
	case LinkedToSecondary:
		what = fmt.Sprintf("contact %d is linked to contact %d, which is not a primary", contact, other)
	case LinkedWithoutEvidence:
		what = fmt.Sprintf("contact %d is linked to contact %d, but no observations connect them", contact, other)
	case EvidenceNotLinked:
		what = fmt.Sprintf("contact %d is a primary, but observations connect it with contact %d, which is older", contact, other)
	case PrimaryNotOldest:
		what = fmt.Sprintf("contact %d is the primary of contact %d, which is older", contact, other)
	case ObservationMissing:
		what = fmt.Sprintf("contact %d has an e-mail address and a phone number, but no observation of both", contact)
	case EmailGone:
		what = fmt.Sprintf("observation %d refers to the e-mail address of contact %d, which is deleted or has none", d.ObservationID, contact)
	case PhoneGone:
		what = fmt.Sprintf("observation %d refers to the phone number of contact %d, which is deleted or has none", d.ObservationID, contact)
	case SeparatedTogether:
		what = fmt.Sprintf("contact %d was separated from contact %d, but observations connect them", contact, other)
	case SeparatedUnmarked:
		what = fmt.Sprintf("contact %d was separated from contact %d, but is not marked as separated", contact, other)
	case SeparationStray:
		what = fmt.Sprintf("contact %d, which was separated from contact %d, does not exist or is deleted", contact, other)
	case BlockStray:
		what = fmt.Sprintf("contact %d, whose value is blocked, does not exist or is deleted", contact)
	case PrecedenceWrong:
		what = fmt.Sprintf("contact %d has a link_precedence that contradicts its linked_id", contact)
	default:
		what = d.ofObservation()
	}
	return string(d.Kind) + ": " + what
}

// ofObservation describes a drift that is about an observation alone.
func (d Drift) ofObservation() string {
	switch d.Kind {
	case RefusalStray:
		return fmt.Sprintf("observation %d, which was refused, does not exist", d.ObservationID)
	case RetractionMissing:
		return fmt.Sprintf("observation %d is retracted, but nothing says why", d.ObservationID)
	case RetractionStray:
		return fmt.Sprintf("observation %d, which has a retraction, does not exist or is not retracted", d.ObservationID)
	default:
		return ""
	}
}
