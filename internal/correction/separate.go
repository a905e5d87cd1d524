package correction

import (
	"context"
	"database/sql"
	"errors"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/ledger"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

// Separation is two contacts that are different people.
type Separation struct {
	ID                 uint64 // 0 in a dry run of a new one
	ContactID, OtherID uint64 // the smaller id first
	Change
}

// Separate declares two contacts to be different people: from now on no observation unites their
// clusters. A separation that exists keeps its id and gets the new reason. It is CodeContactsLinked while
// the two are in one cluster, CodeInvalidRequest when they are one contact.
func (c *Corrector) Separate(ctx context.Context, contact, other uint64, reason string, dryRun bool) (Separation, error) {
	if contact == other {
		return Separation{}, errOneContact
	}
	return ledger.Decide(ctx, c.ledger, dryRun, separating{contact: min(contact, other), other: max(contact, other), reason: reason})
}

var errOneContact = &identity.Error{
	Code: identity.CodeInvalidRequest, Detail: "contactId and otherContactId must be two different contacts.",
}

// SeparateValues is Separate for the contacts that hold two values, each given as an observation with
// one. A value that nobody holds is stored. A separation that exists stays as it is.
func (c *Corrector) SeparateValues(ctx context.Context, one, other identity.Observation, reason string) error {
	values := []identity.Observation{one, other}
	clusters, err := c.linker.Link(ctx, values)
	if err != nil {
		return err
	}
	if isErased(clusters[0]) || isErased(clusters[1]) {
		return errErasedValue
	}
	_, err = ledger.Decide(ctx, c.ledger, false, separating{values: values, reason: reason})
	return err
}

type separating struct {
	contact, other uint64                 // the smaller id first
	values         []identity.Observation // two that name the contacts instead
	reason         string
}

// Find implements ledger.Decision.
func (s separating) Find(ctx context.Context, r ledger.Reader) ([]uint64, error) {
	if s.values != nil {
		return r.Holders(ctx, s.values)
	}
	found, err := r.FindContacts(ctx, []uint64{s.contact, s.other})
	return found.Contacts(), err
}

// contacts returns the two contacts, the one with the smaller id first.
func (s separating) contacts(g *cluster.Graph) (a, b *cluster.Contact, err error) {
	a, b = g.ByID(s.contact), g.ByID(s.other)
	if s.values != nil {
		a, b = g.Holder(s.values[0]), g.Holder(s.values[1])
	}
	switch {
	case a == nil || b == nil:
		return nil, nil, mysql.ErrRetry
	case a == b:
		return nil, nil, errOneContact
	case a.Component() == b.Component():
		return nil, nil, identity.Errorf(identity.CodeContactsLinked,
			"Contacts %d and %d are one customer. Retract an observation that links them first.", a.ID, b.ID)
	case a.ID > b.ID:
		a, b = b, a
	}
	return a, b, nil
}

// Apply implements ledger.Decision.
func (s separating) Apply(ctx context.Context, l *ledger.Locked) (Separation, error) {
	g, err := l.Graph(ctx)
	if err != nil {
		return Separation{}, err
	}
	a, b, err := s.contacts(g)
	if err != nil {
		return Separation{}, err
	}
	made := Separation{ContactID: a.ID, OtherID: b.ID, Change: Change{Before: g.Clusters()}}
	made.After = made.Before
	existing, err := l.Queries.FindSeparationOf(ctx, store.FindSeparationOfParams{SmallerID: a.ID, LargerID: b.ID})
	made.ID = existing.ID
	isNew := errors.Is(err, sql.ErrNoRows)
	if err != nil && !isNew || l.DryRun || !isNew && s.values != nil {
		return made, ignoreNoRows(err)
	}
	id, err := l.Queries.InsertSeparation(ctx, store.InsertSeparationParams{
		ContactID: a.ID, OtherContactID: b.ID, Reason: s.reason, KeyID: identity.ActorOf(ctx),
	})
	if err != nil || !isNew {
		return made, err
	}
	made.ID = uint64(id) //nolint:gosec // an id is not negative
	tellBoth(l.Tx, identity.EventSeparated, a, b)
	return made, l.Queries.MarkSeparated(ctx, []uint64{a.ID, b.ID})
}

// tellBoth adds an event about each of two contacts, with the primaries that they have now.
func tellBoth(tx *ledger.Tx, kind identity.EventKind, a, b *cluster.Contact) {
	for _, c := range []*cluster.Contact{a, b} {
		tx.Tell(cluster.Event{Kind: kind, Contact: c, Primary: c.Primary()})
	}
}
