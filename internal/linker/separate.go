package linker

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/store"
)

// Separate declares two contacts to be different people: no observation unites their clusters from
// now on, by whatever path. It returns the id of the separation; two that are separated already keep
// it and get the new reason. It is CodeConflict while the two are in one cluster, CodeInvalid when
// they are one contact.
func (l *Linker) Separate(ctx context.Context, contact, other uint64, reason string, dryRun bool) (id uint64, c Change, err error) {
	if contact == other {
		return 0, Change{}, &identity.Error{
			Code: identity.CodeInvalid, Detail: "contactId and otherContactId must be two different contacts.",
		}
	}
	c, err = l.change(ctx, dryRun, these(contact, other), func(ctx context.Context, q *store.Queries, g *graph) error {
		a, b := g.byID[min(contact, other)], g.byID[max(contact, other)]
		if a.cluster == b.cluster {
			return conflict("Contacts %d and %d are one customer. Retract an observation that links them first.",
				contact, other)
		}
		last, err := q.InsertSeparation(ctx, store.InsertSeparationParams{ContactID: a.id, OtherContactID: b.id, Reason: reason})
		if err != nil {
			return err
		}
		id = uint64(last) //nolint:gosec // an id is not negative
		return markSeparated(ctx, q, store.EventsKindSeparated, a, b)
	})
	return id, c, err
}

// Unseparate deletes a separation and links what was withheld only because of it. An unknown id is
// CodeNotFound.
func (l *Linker) Unseparate(ctx context.Context, id uint64, dryRun bool) (Change, error) {
	var s store.Separation
	find := func(ctx context.Context, q *store.Queries) (ids []uint64, err error) {
		s, err = q.FindSeparation(ctx, id)
		if errors.Is(err, sql.ErrNoRows) {
			err = &identity.Error{Code: identity.CodeNotFound, Detail: fmt.Sprintf("There is no separation %d.", id)}
		}
		return []uint64{s.ContactID, s.OtherContactID}, err
	}
	return l.change(ctx, dryRun, find, func(ctx context.Context, q *store.Queries, g *graph) error {
		if err := q.DeleteSeparation(ctx, id); err != nil {
			return err
		}
		a, b := g.byID[s.ContactID], g.byID[s.OtherContactID]
		if err := markSeparated(ctx, q, store.EventsKindUnseparated, a, b); err != nil {
			return err
		}
		ids := g.ids()
		withheld, err := q.ListWithheldBetween(ctx, store.ListWithheldBetweenParams{
			EmailContactIds: ids, PhoneContactIds: ids,
			Withheld: store.NullObservationsWithheld{ObservationsWithheld: store.ObservationsWithheldSeparated, Valid: true},
		})
		if err != nil {
			return err
		}
		return l.readmit(ctx, q, g, withheld)
	})
}

func markSeparated(ctx context.Context, q *store.Queries, kind store.EventsKind, a, b *contact) error {
	if err := q.MarkSeparated(ctx, []uint64{a.id, b.id}); err != nil {
		return err
	}
	return q.InsertEvents(ctx, []store.NewEvent{
		{Kind: kind, ContactID: a.id, PrimaryID: a.cluster.root.id},
		{Kind: kind, ContactID: b.id, PrimaryID: b.cluster.root.id},
	})
}
