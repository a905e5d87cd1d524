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
	if err := p.insertPairs(ctx, q); err != nil {
		return err
	}
	return p.tell(ctx, q)
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
		if root := c.cluster.root; root != nil {
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
	find := func(emails, phones []*string) ([]store.FindContactsRow, error) {
		return q.FindContacts(ctx, store.FindContactsParams{Emails: emails, PhoneNumbers: phones})
	}
	stored, err := store.InPairsOfChunks(written.Emails, written.PhoneNumbers, find)
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
		if c == nil {
			return inconsistent("contact %d was inserted, but holds a value that was not", r.ID)
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
		cl.root = root
		for _, c := range cl.members {
			if c.hang(root) || c.aged {
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
	var evidence, withheld []store.SeenPair
	for _, o := range p.pairs {
		seen := store.SeenPair{Pair: o.ids(), SeenAt: o.seenAt, Withheld: o.reason}
		if o.reason == "" {
			evidence = append(evidence, seen)
		} else {
			withheld = append(withheld, seen)
		}
	}
	if len(evidence) > 0 {
		if err := q.InsertObservations(ctx, evidence); err != nil {
			return err
		}
	}
	if len(withheld) > 0 {
		return q.WithholdObservations(ctx, withheld)
	}
	return nil
}

// ids is the pair as it is stored. Both contacts must have been inserted.
func (o pair) ids() store.Pair {
	return store.Pair{EmailContactID: o.email.id, PhoneContactID: o.phone.id}
}

// tell writes down what happened, and puts what was not linked into the queue.
func (p *plan) tell(ctx context.Context, q *store.Queries) error {
	observations, err := p.readDecisive(ctx, q)
	if err != nil {
		return err
	}
	var events []store.NewEvent
	for _, c := range p.added {
		kind := store.EventsKindLinked
		if c == c.cluster.root {
			kind = store.EventsKindCreated
		}
		events = append(events, store.NewEvent{Kind: kind, ContactID: c.id, PrimaryID: c.cluster.root.id})
	}
	for _, m := range p.merges {
		absorbed := m.a
		if absorbed == absorbed.cluster.root || m.b != m.b.cluster.root && older(m.a, m.b) < 0 {
			absorbed = m.b
		}
		events = append(events, store.NewEvent{
			Kind: store.EventsKindMerged, ContactID: absorbed.id, PrimaryID: absorbed.cluster.root.id, ObservationID: observations[m.by.ids()],
		})
	}
	var refusals []store.NewRefusal
	for _, o := range p.pairs {
		if o.reason == "" {
			continue
		}
		id := observations[o.ids()]
		refusals = append(refusals, store.NewRefusal{ObservationID: id, Code: o.reason})
		events = append(events, store.NewEvent{
			Kind: store.EventsKindRefused, ContactID: o.phone.id, PrimaryID: o.email.cluster.root.id, ObservationID: id,
		})
	}
	if len(refusals) > 0 {
		if err := q.InsertRefusals(ctx, refusals); err != nil {
			return err
		}
	}
	if len(events) == 0 {
		return nil
	}
	return q.InsertEvents(ctx, events)
}

// readDecisive returns the ids of the observations that merged clusters or were not linked.
func (p *plan) readDecisive(ctx context.Context, q *store.Queries) (map[store.Pair]uint64, error) {
	var ask []store.Pair
	for _, m := range p.merges {
		ask = append(ask, m.by.ids())
	}
	for _, o := range p.pairs {
		if o.reason != "" {
			ask = append(ask, o.ids())
		}
	}
	if len(ask) == 0 {
		return nil, nil
	}
	found, err := q.FindObservations(ctx, ask)
	ids := make(map[store.Pair]uint64, len(found))
	for _, o := range found {
		ids[o.Pair] = o.ID
	}
	return ids, err
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
