package linker

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysql"
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
func readTraces(ctx context.Context, c *lockedClusters, x *contact, what identity.Observation, tombstone bool) (traces, error) {
	var t traces
	var of store.ListObservationsOfParams
	if what.Email != "" {
		of.EmailContactID = x.id
	}
	if what.Phone != "" {
		of.PhoneContactID = x.id
	}
	var err error
	if t.observations, err = c.q.ListObservationsOf(ctx, of); err != nil {
		return t, err
	}
	slices.Sort(t.observations) // whoever deletes some of the same locks them in the same order
	for chunk := range slices.Chunk(t.observations, store.ChunkSize) {
		n, err := c.q.CountRefusals(ctx, chunk)
		if err != nil {
			return t, err
		}
		t.refusals += int(n)
	}
	if !tombstone {
		return t, nil
	}
	return t, t.readDecisions(ctx, c, x)
}

func (t *traces) readDecisions(ctx context.Context, c *lockedClusters, x *contact) error {
	separations, err := c.q.ListSeparationsOf(ctx, store.ListSeparationsOfParams{ContactID: x.id})
	if err != nil {
		return err
	}
	for _, s := range separations {
		if !slices.ContainsFunc(c.matches, func(m match) bool { return m.contact == s.OtherID }) {
			return mysql.ErrRetry // separated since find: its cluster is not locked
		}
		t.separations, t.others = append(t.separations, s.ID), append(t.others, s.OtherID)
	}
	_, err = c.q.FindBlockOf(ctx, x.id)
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
func (e erasing) write(ctx context.Context, c *lockedClusters, rev *revision, t traces, x *contact, what identity.Observation) error {
	if err := t.delete(ctx, c.q, x.id); err != nil {
		return err
	}
	if err := e.reasons.forget(ctx, c.q, what); err != nil {
		return err
	}
	if err := rev.write(ctx, c.q); err != nil {
		return err
	}
	take := c.q.DropPhoneNumber
	switch {
	case rev.graph.byID[x.id] == nil:
		take = c.q.MakeTombstone
	case what.Email != "":
		take = c.q.DropEmail
	}
	if err := take(ctx, x.id); err != nil || !e.suppress {
		return err
	}
	return c.linker.suppress(ctx, c.q, what.Email, what.Phone)
}

func (t traces) delete(ctx context.Context, q *store.Queries, contact uint64) error {
	for chunk := range slices.Chunk(t.observations, store.ChunkSize) {
		if _, err := q.DeleteRefusals(ctx, chunk); err != nil {
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
