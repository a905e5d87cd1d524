package cluster

import (
	"time"

	"github.com/identikit/identikit/internal/identity"
)

// Row is an observation of a file.
type Row struct {
	identity.Observation
	ReadAt  time.Time // the age of new contacts if the observation has no time; zero for now
	Repeats int       // how many more rows of the file have the same values
}

// NewRowsPlan is NewPlan for rows of a file. It counts their repeats, and has no answers.
func NewRowsPlan(g *Graph, policy Policy, rows []Row) *Plan {
	p := newPlan(g, policy)
	for _, r := range rows {
		before := p.counts
		p.readAt = r.ReadAt
		p.linkAllowed(r.Observation)
		p.countRepeats(before, r.Repeats)
	}
	return p
}

// countRepeats counts the rows that have the same values as one whose outcome is the difference between
// the counts before it and now: they change nothing, but are not linked, or lack a value, as it is or does.
func (p *Plan) countRepeats(before Counts, repeats int) {
	switch {
	case p.counts.Withheld > before.Withheld:
		p.counts.Withheld += repeats
	case p.counts.Erased > before.Erased:
		p.counts.Erased += repeats
	default:
		p.counts.Unchanged += repeats
	}
}
