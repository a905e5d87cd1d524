package ledger

import (
	"context"
	"maps"
	"slices"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/store"
)

const (
	// moveChunk is how many rows one statement writes.
	moveChunk = 1000
	// minTogether is how many contacts must go under one primary for a statement of their own: a row that
	// names the whole contact costs several times as much as an id, and a statement as much as ten rows.
	minTogether = 20
)

// writeLinks stores the primaries and ages of contacts; of new ones also where they were first stored.
func (tx *Tx) writeLinks(ctx context.Context, moved []*cluster.Contact) error {
	var raised []uint64
	under, rows := map[uint64][]uint64{}, []store.MovedContact{}
	for _, c := range moved {
		c.LinkedID = 0
		if primary := c.Primary(); c != primary {
			c.LinkedID = primary.ID
		}
		switch {
		case needsRow(c):
			rows = append(rows, row(c))
		case c.LinkedID == 0:
			raised = append(raised, c.ID)
		default:
			under[c.LinkedID] = append(under[c.LinkedID], c.ID)
		}
	}
	for _, c := range moved {
		if !needsRow(c) && c.LinkedID != 0 && len(under[c.LinkedID]) < minTogether {
			rows = append(rows, row(c))
		}
	}
	for chunk := range slices.Chunk(raised, store.ChunkSize) {
		if err := tx.Queries.MakePrimaries(ctx, chunk); err != nil {
			return err
		}
	}
	for chunk := range slices.Chunk(rows, moveChunk) {
		if err := tx.Queries.MoveContacts(ctx, chunk); err != nil {
			return err
		}
	}
	return tx.moveTogether(ctx, under)
}

// needsRow reports whether more of a contact is stored than its link: its age, or where it was first stored.
func needsRow(c *cluster.Contact) bool { return c.Aged() || c.IsNew() }

func row(c *cluster.Contact) store.MovedContact {
	r := store.MovedContact{FindContactsRow: store.FindContactsRow{
		ID: c.ID, CreatedAt: c.CreatedAt, Email: orNull(c.Email), PhoneNumber: orNull(c.Phone),
	}, IsNew: c.IsNew()}
	if c.LinkedID != 0 {
		r.LinkedID = &c.LinkedID
	}
	return r
}

// moveTogether moves the contacts that go under one primary, where they are many.
func (tx *Tx) moveTogether(ctx context.Context, under map[uint64][]uint64) error {
	for _, primary := range slices.Sorted(maps.Keys(under)) {
		if len(under[primary]) < minTogether {
			continue
		}
		for chunk := range slices.Chunk(under[primary], store.ChunkSize) {
			if err := tx.Queries.MoveTo(ctx, store.MoveToParams{PrimaryID: &primary, Ids: chunk}); err != nil {
				return err
			}
		}
	}
	return nil
}
