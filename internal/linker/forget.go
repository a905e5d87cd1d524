package linker

import (
	"context"
	"slices"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

// forget deletes what was observed of the values that are erased, and what was decided about a
// contact of which nothing is left.
func (e *erasing) forget(ctx context.Context, q *store.Queries, g *graph, email, phone string) error {
	if err := e.forgetObservations(ctx, q, email, phone); err != nil {
		return err
	}
	if e.done.Tombstone {
		if err := e.forgetSeparations(ctx, q, g); err != nil {
			return err
		}
		if err := q.DeleteBlockOf(ctx, e.contact); err != nil {
			return err
		}
	}
	_, err := e.reasons.forget(ctx, q, identity.Observation{Email: email, Phone: phone})
	return err
}

func (e *erasing) forgetObservations(ctx context.Context, q *store.Queries, email, phone string) error {
	var of store.ListObservationsOfParams
	if email != "" {
		of.EmailContactID = e.contact
	}
	if phone != "" {
		of.PhoneContactID = e.contact
	}
	ids, err := q.ListObservationsOf(ctx, of)
	if err != nil {
		return err
	}
	slices.Sort(ids) // whoever deletes some of the same locks them in the same order
	for chunk := range slices.Chunk(ids, moveChunk) {
		refusals, err := q.DeleteRefusals(ctx, chunk)
		if err != nil {
			return err
		}
		observations, err := q.DeleteObservations(ctx, chunk)
		if err != nil {
			return err
		}
		e.done.Refusals += int(refusals)
		e.done.Observations += int(observations)
	}
	return nil
}

func (e *erasing) forgetSeparations(ctx context.Context, q *store.Queries, g *graph) error {
	separations, err := q.ListSeparationsOf(ctx, store.ListSeparationsOfParams{ContactID: e.contact})
	if err != nil || len(separations) == 0 {
		return err
	}
	var ids, others []uint64
	for _, s := range separations {
		if g.byID[s.OtherID] == nil {
			return mysql.ErrRetry // separated since find: its cluster is not locked
		}
		ids, others = append(ids, s.ID), append(others, s.OtherID)
	}
	deleted, err := q.DeleteSeparations(ctx, ids)
	if err != nil {
		return err
	}
	e.done.Separations = int(deleted)
	return q.MarkSeparated(ctx, others)
}
