package cluster

import "github.com/identikit/identikit/internal/identity"

// Linked is the state of a recorded observation that links its two values. Otherwise its state is the
// reason why it does not: retracted, separated, blocked, fan_out or fuse.
const Linked identity.Reason = ""

// Action is what may change the state of a recorded observation. The set is closed.
type Action int

// The actions. Erasing is none of them: it deletes the observation.
const (
	Observe    Action = iota // the same two values are observed again
	Retract                  // somebody retracts the observation
	Restore                  // somebody takes the retraction back
	Accept                   // somebody accepts the refusal
	Block                    // one of the values is blocked
	Unblock                  // the block ends
	Unseparate               // the separation that forbids it ends
)

// Effect is what an action does to a recorded observation. The set is closed.
type Effect int

// The effects.
const (
	Keep     Effect = iota // its state stays
	Withhold               // it does not link any more, because of the action
	Decide                 // it links, unless the policy or another decision forbids it
	Link                   // it links, whatever the policy says
	Conflict               // the action is refused: another decision must be taken back first
)

// EffectOf is the state table of observations: what an action does to one that is in a state.
// docs/corrections.md shows it as a table.
func EffectOf(a Action, state identity.Reason) Effect {
	switch {
	case a == Retract && state != identity.ReasonRetracted,
		a == Block && state == Linked:
		return Withhold
	case a == Observe && state == identity.ReasonSeparated, // the separation may be gone
		a == Unseparate && state == identity.ReasonSeparated,
		a == Unblock && state == identity.ReasonBlocked:
		return Decide
	case a == Accept && state == identity.ReasonBlocked,
		a == Restore && state != Linked && state != identity.ReasonRetracted:
		return Conflict
	case a == Accept && state != Linked,
		a == Restore && state == identity.ReasonRetracted:
		return Link
	}
	return Keep
}
