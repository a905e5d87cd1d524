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
	p.ofRows = true
	for _, r := range rows {
		before := p.counts
		p.readAt = r.ReadAt
		p.linkAllowed(r.Observation)
		p.countRepeats(before, r.Repeats)
	}
	return p
}

// Waves lists the new contacts in the lists in which they must be inserted, each with one statement; their
// ages must be set. Those of a file come in two: first the primaries of new clusters, and what is linked to
// a stored one, then the others, so that none has to be linked afterwards. Others come in one, since
// callers may expect ids in the order of their observations.
func (p *Plan) Waves() [][]*Contact {
	if !p.ofRows {
		return [][]*Contact{p.added}
	}
	oldest := map[*Component]*Contact{}
	for _, c := range p.added {
		m := c.Component()
		if first := oldest[m]; m.primary == nil && (first == nil || c.CreatedAt.Before(first.CreatedAt)) {
			oldest[m] = c
		}
	}
	var first, rest []*Contact
	for _, c := range p.added {
		if primary, isNew := oldest[c.Component()]; isNew && primary != c {
			rest = append(rest, c)
		} else {
			first = append(first, c)
		}
	}
	for m, c := range oldest {
		m.primary = c
	}
	return [][]*Contact{first, rest}
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
