package linker

import (
	"context"
	"slices"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/store"
)

// write brings the plan into the database. It must run in a transaction that holds the locks on all
// clusters of the graph.
func (p *plan) write(ctx context.Context, q *store.Queries) error {
	if err := p.insertContacts(ctx, q); err != nil {
		return err
	}
	linked := p.resolve()
	if err := linked.write(ctx, q); err != nil {
		return err
	}
	if err := p.insertPairs(ctx, q); err != nil {
		return err
	}
	for chunk := range slices.Chunk(p.accepted, store.ChunkSize) {
		if err := q.AcceptRefusalsOf(ctx, chunk); err != nil {
			return err
		}
	}
	return p.writeHistory(ctx, q, linked)
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

// writeHistory stores what happened, and puts what was not linked into the queue.
func (p *plan) writeHistory(ctx context.Context, q *store.Queries, linked resolution) error {
	observations, err := p.readDecisive(ctx, q, linked)
	if err != nil {
		return err
	}
	events := linked.events(p.added, p.into, observations)
	var refusals []store.NewRefusal
	for _, o := range p.pairs {
		if o.reason == "" {
			continue
		}
		id := observations[o.ids()]
		refusals = append(refusals, store.NewRefusal{ObservationID: id, Code: o.reason})
		events = append(events, event{identity.EventRefused, o.phone, o.email.cluster.root, id})
	}
	if len(refusals) > 0 {
		if err := q.InsertRefusals(ctx, refusals); err != nil {
			return err
		}
	}
	return writeEvents(ctx, q, events)
}

// readDecisive returns the ids of the observations that merged clusters or were not linked.
func (p *plan) readDecisive(ctx context.Context, q *store.Queries, linked resolution) (map[store.Pair]uint64, error) {
	var ask []store.Pair
	for _, d := range linked.displaced {
		if m, merged := p.into[d.was]; merged {
			ask = append(ask, m.by.ids())
		}
	}
	for _, o := range p.pairs {
		if o.reason != "" {
			ask = append(ask, o.ids())
		}
	}
	if len(ask) == 0 {
		return nil, nil
	}
	found, err := store.InChunks(ask, func(chunk []store.Pair) ([]store.FoundObservation, error) { return q.FindObservations(ctx, chunk) })
	ids := make(map[store.Pair]uint64, len(found))
	for _, o := range found {
		ids[o.Pair] = o.ID
	}
	return ids, err
}

func row(c *contact) store.MovedContact {
	r := store.MovedContact{FindContactsRow: store.FindContactsRow{ID: c.id, CreatedAt: c.createdAt}, IsNew: c.isNew}
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
