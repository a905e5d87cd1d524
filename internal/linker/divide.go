package linker

import (
	"context"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/store"
)

// maxMoved is how many observations a phone number may have to be the value that moves to a new
// contact. To move more of them takes longer than one transaction should.
const maxMoved = 1000

// division is a contact that held two values, and the new one that took over one of them.
type division struct{ from, to *contact }

// divide gives one value of a contact that holds two to a new contact in the same cluster, as old, with
// the observations of the value. The e-mail address keeps the id, unless the phone number has more than
// maxMoved observations and the e-mail address has not. observation is that of the two values.
func (r *revision) divide(ctx context.Context, q *store.Queries, c *contact, observation uint64) error {
	n, err := q.CountObservationsUpTo(ctx, store.CountObservationsUpToParams{
		EmailContactID: c.id, PhoneContactID: c.id, Limit: maxMoved + 1, Limit_2: maxMoved + 1,
	})
	if err != nil {
		return err
	}
	to := &contact{createdAt: c.createdAt, linkedID: c.cluster.root.id}
	if n.Phones > maxMoved && n.Emails <= maxMoved {
		to.email, c.email = c.email, ""
		r.graph.byEmail[to.email] = to
	} else {
		to.phone, c.phone = c.phone, ""
		r.graph.byPhone[to.phone] = to
	}
	for i := range r.edges {
		switch e := &r.edges[i]; {
		case to.email != "" && e.email == c:
			e.email = to
		case to.phone != "" && e.phone == c:
			e.phone = to
		}
	}
	c.cluster.values--
	c.cluster.add(to)
	r.graph.added = append(r.graph.added, to)
	r.was[to] = c.cluster.root
	r.divided = append(r.divided, division{c, to})
	r.addEvent(identity.EventDivided, to, c.cluster.root, observation)
	return nil
}

// write stores the division: first the value leaves the one contact, since no two may hold it.
func (d division) write(ctx context.Context, q *store.Queries, primary *contact) (err error) {
	drop, added := q.DropPhoneNumber, store.NewContact{LinkedID: &primary.id, PhoneNumber: &d.to.phone, CreatedAt: d.to.createdAt}
	if d.to.email != "" {
		drop, added.PhoneNumber, added.Email = q.DropEmail, nil, &d.to.email
	}
	if err := drop(ctx, d.from.id); err != nil {
		return err
	}
	if d.to.id, err = q.InsertContacts(ctx, []store.NewContact{added}); err != nil {
		return err
	}
	if d.to.email != "" {
		return q.MoveEmailObservations(ctx, store.MoveEmailObservationsParams{ToContactID: d.to.id, FromContactID: d.from.id})
	}
	return q.MovePhoneObservations(ctx, store.MovePhoneObservationsParams{ToContactID: d.to.id, FromContactID: d.from.id})
}
