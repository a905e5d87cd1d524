package cluster

import "github.com/identikit/identikit/internal/identity"

// Event is something that happened to a contact. The contact and its primary may still lack their ids.
type Event struct {
	Kind             identity.EventKind
	Contact, Primary *Contact
	Observation      uint64 // what caused it, or 0
}

// Stored returns the event by the ids of its contacts, which must have them.
func (e Event) Stored() identity.Event {
	return identity.Event{Kind: e.Kind, ContactID: e.Contact.ID, PrimaryID: e.Primary.ID, ObservationID: e.Observation}
}
