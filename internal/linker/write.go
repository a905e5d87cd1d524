package linker

import (
	"context"
	"slices"
	"time"

	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

// write brings the plan into the database. It must run in a transaction that holds the locks on all
// clusters of the graph.
func (p *plan) write(ctx context.Context, q *store.Queries) error {
	if err := p.insertContacts(ctx, q); err != nil {
		return err
	}
	if err := p.relink(ctx, q); err != nil {
		return err
	}
	return p.insertPairs(ctx, q)
}

// insertContacts adds the new contacts in one statement and reads them back: ids are not
// consecutive on every server, and the clock is the database's. A contact of a cluster without
// any stored one is a primary until relink.
func (p *plan) insertContacts(ctx context.Context, q *store.Queries) error {
	if len(p.added) == 0 {
		return nil
	}
	rows := make([]store.NewContact, len(p.added))
	var written store.FindContactsParams
	for i, c := range p.added {
		rows[i] = store.NewContact{NotBefore: time.Unix(0, 0).UTC(), SeenAt: c.seenAt}
		if root := storedRoot(c.cluster); root != nil {
			rows[i].LinkedID, rows[i].NotBefore = &root.id, root.createdAt
		}
		if c.email != "" {
			rows[i].Email = &c.email
			written.Emails = append(written.Emails, &c.email)
		} else {
			written.PhoneNumbers = append(written.PhoneNumbers, &c.phone)
		}
		if c.phone != "" {
			rows[i].PhoneNumber = &c.phone
		}
	}
	if err := q.InsertContacts(ctx, rows); err != nil {
		return err
	}
	return p.readBack(ctx, q, written)
}

func (p *plan) readBack(ctx context.Context, q *store.Queries, written store.FindContactsParams) error {
	stored, err := q.FindContacts(ctx, written)
	if err != nil {
		return err
	}
	if len(stored) != len(p.added) {
		return mysql.ErrRetry
	}
	for _, r := range stored {
		var c *contact
		if r.Email != nil {
			c = p.graph.byEmail[*r.Email]
		} else {
			c = p.graph.byPhone[*r.PhoneNumber]
		}
		c.id, c.createdAt = r.ID, r.CreatedAt
		if r.LinkedID != nil {
			c.linkedID = *r.LinkedID
		}
	}
	return nil
}

// relink hangs every member of a touched cluster on its oldest contact, and writes down what became
// older.
func (p *plan) relink(ctx context.Context, q *store.Queries) error {
	var moved []store.FindContactsRow
	for _, cl := range p.touchedClusters() {
		root := slices.MinFunc(cl.members, older)
		for _, c := range cl.members {
			var link uint64
			if c != root {
				link = root.id
			}
			if c.linkedID != link || c.aged {
				c.linkedID = link
				moved = append(moved, row(c))
			}
		}
	}
	if len(moved) == 0 {
		return nil
	}
	return q.MoveContacts(ctx, moved)
}

func (p *plan) insertPairs(ctx context.Context, q *store.Queries) error {
	if len(p.pairs) == 0 {
		return nil
	}
	pairs := make([]store.SeenPair, len(p.pairs))
	for i, o := range p.pairs {
		pairs[i] = store.SeenPair{
			Pair:   store.Pair{EmailContactID: o.email.id, PhoneContactID: o.phone.id},
			SeenAt: o.seenAt,
		}
	}
	return q.InsertObservations(ctx, pairs)
}

func row(c *contact) store.FindContactsRow {
	r := store.FindContactsRow{ID: c.id, CreatedAt: c.createdAt}
	if c.email != "" {
		r.Email = &c.email
	}
	if c.phone != "" {
		r.PhoneNumber = &c.phone
	}
	if c.linkedID != 0 {
		r.LinkedID = &c.linkedID
	}
	return r
}

// storedRoot is the oldest stored contact of a cluster; nil when all are new.
func storedRoot(cl *cluster) *contact {
	var root *contact
	for _, c := range cl.members {
		if c.id != 0 && (root == nil || older(c, root) < 0) {
			root = c
		}
	}
	return root
}
