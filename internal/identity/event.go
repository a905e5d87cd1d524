package identity

// Event is a change of a cluster, described by ids alone. docs/feed.md says which contact and which
// primary an event of each kind names.
type Event struct {
	Kind          EventKind
	ContactID     uint64 // the contact affected: for a merge, the absorbed primary; for a split, the new one
	PrimaryID     uint64 // the primary of its cluster: for a merge, the survivor; for a split, the one that it left
	ObservationID uint64 // the observation that caused it, or 0
}

// EventKind is what an event says about its contact. The set is closed.
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

// IsOrigin reports whether the event is how a contact was first stored, which the contact itself shows.
func (k EventKind) IsOrigin() bool { return k == EventCreated || k == EventLinked }
