package erasure

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/ledger"
	"github.com/identikit/identikit/internal/store"
)

// traces are what the database holds about what is erased.
type traces struct {
	observations []uint64 // ascending
	refusals     int
	separations  []uint64
	others       []uint64 // contacts that it was separated from
	blocks       int
}

// readTraces finds what was observed of the values and, where nothing is left of the contact, what was
// decided about it.
func readTraces(ctx context.Context, l *ledger.Locked, contact uint64, what identity.Observation, tombstone bool) (traces, error) {
	var t traces
	var of store.ListObservationsOfParams
	if what.Email != "" {
		of.EmailContactID = contact
	}
	if what.Phone != "" {
		of.PhoneContactID = contact
	}
	var err error
	if t.observations, err = l.Queries.ListObservationsOf(ctx, of); err != nil {
		return t, err
	}
	slices.Sort(t.observations) // whoever deletes some of the same locks them in the same order
	for chunk := range slices.Chunk(t.observations, store.ChunkSize) {
		n, err := l.Queries.CountRefusals(ctx, chunk)
		if err != nil {
			return t, err
		}
		t.refusals += int(n)
	}
	if !tombstone {
		return t, nil
	}
	return t, t.readDecisions(ctx, l, contact)
}

func (t *traces) readDecisions(ctx context.Context, l *ledger.Locked, contact uint64) error {
	separations, err := l.Queries.ListSeparationsOf(ctx, store.ListSeparationsOfParams{ContactID: contact})
	if err != nil {
		return err
	}
	for _, s := range separations {
		if _, err := l.Match(s.OtherID); err != nil {
			return err // separated since Find: its cluster is not locked
		}
		t.separations, t.others = append(t.separations, s.ID), append(t.others, s.OtherID)
	}
	_, err = l.Queries.FindBlockOf(ctx, contact)
	switch {
	case err == nil:
		t.blocks = 1
	case !errors.Is(err, sql.ErrNoRows):
		return err
	}
	return nil
}

// write deletes the traces, stores the revision, and takes the values from the contact: last, since
// nobody may be linked to a tombstone.
func (e erasing) write(
	ctx context.Context, l *ledger.Locked, rev *cluster.Revision, t traces, done Erasure, what identity.Observation,
) error {
	if err := t.delete(ctx, l.Queries, done.ContactID); err != nil {
		return err
	}
	if err := e.reasons.forget(ctx, l.Queries, what); err != nil {
		return err
	}
	if err := l.WriteRevision(ctx, rev); err != nil {
		return err
	}
	take := l.Queries.DropPhoneNumber
	switch {
	case done.Tombstone:
		take = l.Queries.MakeTombstone
	case what.Email != "":
		take = l.Queries.DropEmail
	}
	if err := take(ctx, done.ContactID); err != nil || !e.suppress {
		return err
	}
	return e.keys.Add(ctx, l.Tx, what)
}

func (t traces) delete(ctx context.Context, q *store.Queries, contact uint64) error {
	for chunk := range slices.Chunk(t.observations, store.ChunkSize) {
		if _, err := q.DeleteRefusals(ctx, chunk); err != nil {
			return err
		}
		if err := q.DeleteRetractions(ctx, chunk); err != nil {
			return err
		}
		if _, err := q.DeleteObservations(ctx, chunk); err != nil {
			return err
		}
	}
	for chunk := range slices.Chunk(t.separations, store.ChunkSize) {
		if _, err := q.DeleteSeparations(ctx, chunk); err != nil {
			return err
		}
	}
	for chunk := range slices.Chunk(t.others, store.ChunkSize) {
		if err := q.MarkSeparated(ctx, chunk); err != nil {
			return err
		}
	}
	if t.blocks > 0 {
		_, err := q.DeleteBlockOf(ctx, contact)
		return err
	}
	return nil
}
