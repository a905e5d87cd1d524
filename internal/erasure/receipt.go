package erasure

import (
	"context"
	"encoding/json"
	"math"

	"github.com/identikit/identikit/internal/idempotency"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/ledger"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

// keep stores a receipt. When the whole contact is erased, it deletes the idempotency keys of the erasures of
// its values, too: they would only be needed to repeat those.
func (e erasing) keep(ctx context.Context, q *store.Queries, done Erasure) error {
	if !e.byValue() {
		earlier, err := q.ListErasuresOf(ctx, done.ContactID)
		if err != nil {
			return err
		}
		for _, id := range earlier {
			if err := q.DeleteIdempotencyKeyOf(ctx, &id); err != nil {
				return err
			}
		}
	}
	id, err := done.insert(ctx, q)
	if err != nil {
		return err
	}
	return idempotency.Record(ctx, q, idempotency.Made{ErasureID: id})
}

// insert stores a receipt and returns its id.
func (e Erasure) insert(ctx context.Context, q *store.Queries) (uint64, error) {
	before, err := json.Marshal(e.Before)
	if err != nil {
		return 0, err
	}
	after, err := json.Marshal(e.After)
	if err != nil {
		return 0, err
	}
	id, err := q.InsertErasure(ctx, store.InsertErasureParams{
		KeyID:     e.KeyID,
		ContactID: e.ContactID, Tombstone: e.Tombstone, Suppressed: e.Suppressed, MembersBefore: string(before), MembersAfter: string(after),
		Observations: uint32(e.Observations), Refusals: uint32(e.Refusals), //nolint:gosec // counts of rows
		Separations: uint32(e.Separations), Blocks: uint32(e.Blocks), ErasedAt: e.At, //nolint:gosec // likewise
	})
	return uint64(id), err //nolint:gosec // ids are positive
}

// receiptByID returns a receipt.
func (x *Eraser) receiptByID(ctx context.Context, id uint64) (Erasure, error) {
	r, err := x.ledger.Reader().Queries.FindErasureByID(ctx, id)
	if err != nil {
		return Erasure{}, mysql.Translate(err)
	}
	return erasureOf(r)
}

// receipt returns the receipt of a contact that was erased before. It is CodeContactErased when the values were
// not suppressed and now should be: nobody knows them any more.
func (x *Eraser) receipt(ctx context.Context, contact uint64, suppress bool, gone error) (Erasure, error) {
	r, err := x.ledger.Reader().Queries.FindErasure(ctx, contact)
	if err != nil {
		return Erasure{}, mysql.Translate(err)
	}
	if suppress && !r.Suppressed {
		return Erasure{}, &identity.Error{
			Code: identity.CodeContactErased, Err: gone,
			Detail: "The contact was erased without suppress, so its values are no longer known. " +
				"If they are seen again, suppress them with POST /erasures.",
		}
	}
	return erasureOf(r)
}

// Receipts returns the receipts before a cursor, the newest first, and the cursor of the next ones, 0 if there are
// no more. The cursor of the first ones is 0.
func (x *Eraser) Receipts(ctx context.Context, before uint64, limit int32) (receipts []Erasure, next uint64, err error) {
	if before == 0 {
		before = math.MaxInt64
	}
	var rows []store.Erasure
	err = mysql.Retry(ctx, ledger.Attempts, func() (err error) {
		rows, err = x.ledger.Reader().Queries.ListNewestErasures(ctx, store.ListNewestErasuresParams{BeforeID: before, Limit: limit + 1})
		return err
	})
	if err != nil {
		return nil, 0, mysql.Translate(err)
	}
	if len(rows) > int(limit) {
		rows = rows[:limit]
		next = rows[limit-1].ID
	}
	receipts = make([]Erasure, len(rows))
	for i, r := range rows {
		if receipts[i], err = erasureOf(r); err != nil {
			return nil, 0, err
		}
	}
	return receipts, next, nil
}

// erasureOf returns a receipt that was kept.
func erasureOf(r store.Erasure) (Erasure, error) {
	e := Erasure{
		ContactID: r.ContactID, Tombstone: r.Tombstone, Suppressed: r.Suppressed, At: r.ErasedAt, KeyID: r.KeyID,
		Observations: int(r.Observations), Refusals: int(r.Refusals), Separations: int(r.Separations), Blocks: int(r.Blocks),
	}
	if err := json.Unmarshal([]byte(r.MembersBefore), &e.Before); err != nil {
		return Erasure{}, mysql.Translate(err)
	}
	return e, mysql.Translate(json.Unmarshal([]byte(r.MembersAfter), &e.After))
}
