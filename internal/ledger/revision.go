package ledger

import (
	"context"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/store"
)

// Revise returns a revision of clusters that were read whole, with their evidence.
func (r Reader) Revise(ctx context.Context, g *cluster.Graph) (*cluster.Revision, error) {
	found, err := store.InChunks(g.IDs(), func(ids []uint64) ([]store.ListEvidenceRow, error) { return r.Queries.ListEvidence(ctx, ids) })
	if err != nil {
		return nil, err
	}
	rev := cluster.NewRevision(g)
	for _, o := range found {
		if err := rev.AddEvidence(observed(o.ID, o.EmailContactID, o.PhoneContactID)); err != nil {
			return nil, err
		}
	}
	return rev, nil
}

// WriteRevision stores what a revision changed. The transaction must hold the locks on all clusters of its
// graph.
func (tx *Tx) WriteRevision(ctx context.Context, r *cluster.Revision) error {
	for _, d := range r.Divided() {
		if err := tx.writeDivision(ctx, d); err != nil {
			return err
		}
	}
	tx.Tell(r.Events()...)
	tx.writes = tx.writes || len(r.Moved()) > 0
	return tx.writeLinks(ctx, r.Moved())
}

// maxMoved is how many observations a phone number may have to be the value that moves to a new contact.
// To move more of them takes longer than one transaction should.
const maxMoved = 1000

// MovingValue returns which value of a contact that has two goes to a new contact when the contact is
// divided: the phone number, unless it has more than 1,000 observations and the e-mail address has not.
func (r Reader) MovingValue(ctx context.Context, contact uint64) (identity.Field, error) {
	n, err := r.Queries.CountObservationsUpTo(ctx, store.CountObservationsUpToParams{
		EmailContactID: contact, PhoneContactID: contact, Limit: maxMoved + 1, Limit_2: maxMoved + 1,
	})
	if n.Phones > maxMoved && n.Emails <= maxMoved {
		return identity.FieldEmail, err
	}
	return identity.FieldPhone, err
}

// writeDivision stores a division: first the value leaves the one contact, since no two may have it.
func (tx *Tx) writeDivision(ctx context.Context, d cluster.Division) (err error) {
	drop := tx.Queries.DropPhoneNumber
	if d.To.Email != "" {
		drop = tx.Queries.DropEmail
	}
	if err := drop(ctx, d.From.ID); err != nil {
		return err
	}
	if d.To.ID, err = tx.Queries.InsertContacts(ctx, []store.NewContact{newRow(d.To)}); err != nil {
		return err
	}
	if d.To.Email != "" {
		return tx.Queries.MoveEmailObservations(ctx, store.MoveEmailObservationsParams{ToContactID: d.To.ID, FromContactID: d.From.ID})
	}
	return tx.Queries.MovePhoneObservations(ctx, store.MovePhoneObservationsParams{ToContactID: d.To.ID, FromContactID: d.From.ID})
}
