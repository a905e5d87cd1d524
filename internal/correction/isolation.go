package correction

import (
	"context"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/ledger"
)

// isolation is one step of a block: it takes the next observations of a value away.
type isolation struct {
	revision *cluster.Revision
	graph    *cluster.Graph
	hub      *cluster.Contact // has the value
	withheld []uint64         // observations that were taken away
	last     bool             // no other observations of the value link
	next     uint64           // the cursor after these observations
}

// run takes away at most so many of the observations that link the value, after the cursor.
func (s *isolation) run(ctx context.Context, r ledger.Reader, value identity.Observation, after uint64, most int) error {
	found, err := r.ListObservationsOf(ctx, s.hub.ID, value, cluster.Linked, after, most+1)
	if err != nil {
		return err
	}
	if len(found) <= most {
		s.last = after == 0
	} else {
		found = found[:most]
		s.next = otherEnd(found[most-1], value)
	}
	blocks := !s.hub.Blocked
	if s.hub.Values() == 2 {
		if err := s.divide(ctx, r, value); err != nil {
			return err
		}
	}
	if blocks {
		s.revision.Tell(identity.EventBlocked, s.hub, 0)
	}
	i := s.revision.Isolate(s.hub)
	if err := s.walk(ctx, r, i, found); err != nil {
		return err
	}
	s.withheld = i.Detach(s.last)
	return nil
}

// divide leaves the value alone in a contact.
func (s *isolation) divide(ctx context.Context, r ledger.Reader, value identity.Observation) error {
	pair := cluster.Pair{Email: s.hub.ID, Phone: s.hub.ID}
	own, err := r.FindRecords(ctx, []cluster.Pair{pair})
	if err != nil {
		return err
	}
	if len(own) != 1 {
		return identity.Inconsistent("contact %d has two values, and %d observations of them", s.hub.ID, len(own))
	}
	moves, err := r.MovingValue(ctx, s.hub.ID)
	if err != nil {
		return err
	}
	s.revision.Divide(s.hub, moves, own[pair].ID)
	s.hub = s.graph.Holder(value)
	return nil
}

// walk adds to the graph all that observations connect, without going through the hub.
func (s *isolation) walk(ctx context.Context, r ledger.Reader, i *cluster.Isolation, found []cluster.Observed) error {
	for len(found) > 0 {
		var ends []uint64
		for _, o := range found {
			ends = append(ends, o.Email, o.Phone)
		}
		if err := r.Load(ctx, s.graph, ends); err != nil {
			return err
		}
		reached, err := i.Reach(found)
		if err != nil {
			return err
		}
		if found, err = s.listAround(ctx, r, reached); err != nil {
			return err
		}
	}
	return nil
}

// listAround reads the evidence of the values of contacts.
func (s *isolation) listAround(ctx context.Context, r ledger.Reader, contacts []*cluster.Contact) ([]cluster.Observed, error) {
	var emails, phones []uint64
	for _, c := range contacts {
		if c.Email != "" {
			emails = append(emails, s.revision.StoredID(c))
		}
		if c.Phone != "" {
			phones = append(phones, s.revision.StoredID(c))
		}
	}
	return r.ListEvidenceAround(ctx, emails, phones)
}

// advance brings the block up to the step.
func (s *isolation) advance(b *Blocking) {
	b.Complete, b.after, b.ContactID = s.last, s.next, s.hub.ID
	b.Linking = max(0, b.Linking-len(s.withheld))
	b.Withheld += len(s.withheld)
	if s.last {
		b.Linking = 0 // some may have been erased since they were counted
	}
}

// otherEnd is the contact of an observation that does not have the value.
func otherEnd(o cluster.Observed, value identity.Observation) uint64 {
	if value.Email != "" {
		return o.Phone
	}
	return o.Email
}
