package cluster

// EventKind is what an event tells. The set is closed; docs/feed.md explains each.
type EventKind string

// The kinds of events.
const (
	EventCreated     EventKind = "created"
	EventLinked      EventKind = "linked"
	EventMerged      EventKind = "merged"
	EventDemoted     EventKind = "demoted"
	EventDivided     EventKind = "divided"
	EventSplit       EventKind = "split"
	EventMoved       EventKind = "moved"
	EventRefused     EventKind = "refused"
	EventRetracted   EventKind = "retracted"
	EventRestored    EventKind = "restored"
	EventSeparated   EventKind = "separated"
	EventUnseparated EventKind = "unseparated"
	EventBlocked     EventKind = "blocked"
	EventUnblocked   EventKind = "unblocked"
	EventErased      EventKind = "erased"
	EventValueErased EventKind = "value_erased"
)

// Event is something that happened to a contact. The contact and its primary may still lack their ids.
type Event struct {
	Kind             EventKind
	Contact, Primary *Contact
	Observation      uint64 // what caused it, or 0
}
