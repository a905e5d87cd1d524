package linker

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

// Retract takes an observation back: its e-mail and its phone number were not one person's. It is
// kept, and stays retracted when it is seen again. The cluster becomes what the other observations
// say; each part goes under its oldest contact. A contact that holds both values keeps the e-mail,
// and a new contact, as old, holds the phone number. What is retracted already stays as it is. An
// unknown id is CodeNotFound.
func (l *Linker) Retract(ctx context.Context, observation uint64, dryRun bool) (Change, error) {
	return l.change(ctx, dryRun, l.emailOf(observation), func(ctx context.Context, q *store.Queries, g *graph) error {
		o, err := findObservation(ctx, q, observation)
		if err != nil || o.Withheld == identity.ReasonRetracted {
			return err
		}
		e := g.byID[o.EmailContactID]
		if e == nil {
			return mysql.ErrRetry
		}
		events := []store.NewEvent{{
			Kind: store.EventsKindRetracted, ContactID: e.id, PrimaryID: e.cluster.root.id, ObservationID: observation,
		}}
		if err := q.RetractObservation(ctx, observation); err != nil {
			return err
		}
		if err := q.DeleteRefusalOf(ctx, observation); err != nil {
			return err
		}
		if o.EmailContactID == o.PhoneContactID {
			if err := splitContact(ctx, q, g, e); err != nil {
				return err
			}
		}
		split, err := settle(ctx, q, g)
		if err != nil {
			return err
		}
		return q.InsertEvents(ctx, append(events, split...))
	})
}

// Restore takes a retraction back and links the two values again, whatever the policy says. It is
// CodeConflict when the observation is not retracted, when a value of it is blocked, or when it would
// unite contacts that were separated. An unknown id is CodeNotFound.
func (l *Linker) Restore(ctx context.Context, observation uint64, dryRun bool) (Change, error) {
	return l.change(ctx, dryRun, l.endsOf(observation), func(ctx context.Context, q *store.Queries, g *graph) error {
		o, err := findObservation(ctx, q, observation)
		switch {
		case err != nil:
			return err
		case o.Withheld != identity.ReasonRetracted:
			return conflict("Observation %d is not retracted.", observation)
		}
		if err := admit(ctx, q, g, o); err != nil {
			return err
		}
		return q.InsertEvents(ctx, []store.NewEvent{{
			Kind: store.EventsKindRestored, ContactID: o.EmailContactID, PrimaryID: g.byID[o.EmailContactID].cluster.root.id,
			ObservationID: observation,
		}})
	})
}

// admit makes an observation evidence, unless that is impossible.
func admit(ctx context.Context, q *store.Queries, g *graph, o store.FoundObservation) error {
	e, ph := g.byID[o.EmailContactID], g.byID[o.PhoneContactID]
	if e == nil || ph == nil {
		return mysql.ErrRetry
	}
	if err := g.readSeparations(ctx, q); err != nil {
		return err
	}
	switch {
	case e.blocked || ph.blocked:
		return conflict("A value of observation %d is blocked. Unblock it first.", o.ID)
	case e.cluster != ph.cluster && g.apart(e.cluster, ph.cluster):
		return conflict("Observation %d would unite contacts that were separated. Delete the separation first.", o.ID)
	}
	p := newPlan(g, Policy{}, nil)
	p.admit(pair{e, ph})
	if err := p.write(ctx, q); err != nil {
		return err
	}
	return q.AcceptRefusalOf(ctx, o.ID)
}

// splitContact gives the phone number of a contact with two values to a new contact of its own, as
// old, with its observations. The observation of the two values must be withheld then.
func splitContact(ctx context.Context, q *store.Queries, g *graph, c *contact) error {
	phone := c.phone
	if err := q.DropPhoneNumber(ctx, c.id); err != nil {
		return err
	}
	err := q.InsertContacts(ctx, []store.NewContact{{
		PhoneNumber: &phone, LinkedID: &c.cluster.root.id, NotBefore: c.createdAt, SeenAt: c.createdAt,
	}})
	if err != nil {
		return err
	}
	rows, err := q.FindContacts(ctx, store.FindContactsParams{PhoneNumbers: []*string{&phone}})
	if err != nil {
		return err
	}
	if len(rows) != 1 {
		return mysql.ErrRetry
	}
	added := &contact{id: rows[0].ID, phone: phone, linkedID: c.cluster.root.id, createdAt: rows[0].CreatedAt}
	c.phone = ""
	c.cluster.values--
	c.cluster.add(added)
	g.byID[added.id], g.byPhone[phone] = added, added
	return q.MoveObservations(ctx, store.MoveObservationsParams{ToContactID: added.id, FromContactID: c.id})
}

// emailOf finds the contact of an observation's e-mail: where it links, its cluster has both values.
func (l *Linker) emailOf(observation uint64) func(context.Context, *store.Queries) ([]uint64, error) {
	return func(ctx context.Context, q *store.Queries) ([]uint64, error) {
		o, err := findObservation(ctx, q, observation)
		return []uint64{o.EmailContactID}, err
	}
}

// endsOf finds both contacts of an observation.
func (l *Linker) endsOf(observation uint64) func(context.Context, *store.Queries) ([]uint64, error) {
	return func(ctx context.Context, q *store.Queries) ([]uint64, error) {
		o, err := findObservation(ctx, q, observation)
		return []uint64{o.EmailContactID, o.PhoneContactID}, err
	}
}

func findObservation(ctx context.Context, q *store.Queries, id uint64) (store.FoundObservation, error) {
	o, err := q.FindObservation(ctx, id)
	if errors.Is(err, sql.ErrNoRows) {
		return store.FoundObservation{}, &identity.Error{Code: identity.CodeNotFound, Detail: fmt.Sprintf("There is no observation %d.", id)}
	}
	return store.FoundObservation{ID: o.ID, SeenPair: store.SeenPair{
		Pair:     store.Pair{EmailContactID: o.EmailContactID, PhoneContactID: o.PhoneContactID},
		SeenAt:   o.FirstSeenAt,
		Withheld: identity.Reason(o.Withheld.ObservationsWithheld),
	}}, err
}

func conflict(format string, args ...any) error {
	return &identity.Error{Code: identity.CodeConflict, Detail: fmt.Sprintf(format, args...)}
}
