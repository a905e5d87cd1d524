package identity

// Cluster is one person: every contact that is connected through shared
// identifiers, under the oldest of them.
//
// Each list starts with the primary contact's own value, where it has one, and
// goes on in the order (created_at, id) of the contacts. There are no repeats,
// and no list is ever nil.
type Cluster struct {
	PrimaryID    uint64
	Emails       []string
	Phones       []string
	SecondaryIDs []uint64

	// Refused tells what of the observation was not linked; nil when all was.
	// When nothing of it could be, PrimaryID is 0 and the lists are nil.
	Refused []Refusal
}
