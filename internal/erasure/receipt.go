package erasure

import (
	"context"
	"encoding/json"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

// keep stores a receipt.
func (e Erasure) keep(ctx context.Context, q *store.Queries) error {
	before, err := json.Marshal(e.Before)
	if err != nil {
		return err
	}
	after, err := json.Marshal(e.After)
	if err != nil {
		return err
	}
	return q.InsertErasure(ctx, store.InsertErasureParams{
		KeyID:     e.KeyID,
		ContactID: e.ContactID, Tombstone: e.Tombstone, Suppressed: e.Suppressed, MembersBefore: string(before), MembersAfter: string(after),
		Observations: uint32(e.Observations), Refusals: uint32(e.Refusals), //nolint:gosec // counts of rows
		Separations: uint32(e.Separations), Blocks: uint32(e.Blocks), ErasedAt: e.At, //nolint:gosec // likewise
	})
}

// receipt returns the receipt of a contact that was erased before. It is CodeGone when the values were
// not suppressed and now should be: nobody knows them any more.
func (x *Eraser) receipt(ctx context.Context, contact uint64, suppress bool, gone error) (Erasure, error) {
	r, err := x.ledger.Reader().Queries.FindErasure(ctx, contact)
	if err != nil {
		return Erasure{}, mysql.Translate(err)
	}
	if suppress && !r.Suppressed {
		return Erasure{}, &identity.Error{
			Code: identity.CodeGone, Err: gone,
			Detail: "The contact was erased without suppress, and its values are not known any more. " +
				"Suppress them with POST /erasures when they are seen again.",
		}
	}
	e := Erasure{
		ContactID: r.ContactID, Tombstone: r.Tombstone, Suppressed: r.Suppressed, At: r.ErasedAt,
		Observations: int(r.Observations), Refusals: int(r.Refusals), Separations: int(r.Separations), Blocks: int(r.Blocks), KeyID: r.KeyID,
	}
	if err := json.Unmarshal([]byte(r.MembersBefore), &e.Before); err != nil {
		return Erasure{}, mysql.Translate(err)
	}
	return e, mysql.Translate(json.Unmarshal([]byte(r.MembersAfter), &e.After))
}
