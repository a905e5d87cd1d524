package ledger

import (
	"slices"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
)

// Match is a contact that has a value asked for, and the primary under which it was seen.
type Match struct{ ContactID, PrimaryID uint64 }

// Matches are where values were seen. Others may have moved them since, unless the clusters are locked.
type Matches []Match

// Contacts lists the contacts.
func (m Matches) Contacts() []uint64 {
	ids := make([]uint64, len(m))
	for i, match := range m {
		ids[i] = match.ContactID
	}
	return ids
}

// Primaries lists the primaries, each once, in ascending order.
func (m Matches) Primaries() []uint64 {
	ids := make([]uint64, len(m))
	for i, match := range m {
		ids[i] = match.PrimaryID
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// MatchesOf lists the stored contacts of a graph that have the values of an observation.
func MatchesOf(g *cluster.Graph, o identity.Observation) Matches {
	var matches Matches
	for _, c := range []*cluster.Contact{g.ByEmail(o.Email), g.ByPhone(o.Phone)} {
		if c == nil {
			continue
		}
		primary := c.LinkedID
		if primary == 0 {
			primary = c.ID
		}
		matches = append(matches, Match{c.ID, primary})
	}
	return matches
}
