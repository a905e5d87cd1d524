package lookup

import (
	"context"
	"strconv"
	"time"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

// Separation is a pair of contacts that are different people.
type Separation struct {
	ID, ContactID, OtherID uint64
	Reason                 string
	KeyID                  uint64 // the API key that made it, or gave it its reason; 0 without a key
	CreatedAt              time.Time
}

// Refusal is an observation that was not linked and is not decided.
type Refusal struct {
	ID        uint64
	Code      identity.Reason
	RefusedAt time.Time
	Seen      Observation // its ids and its values
}

// Block is a value that identifies nobody: an e-mail address or a phone number.
type Block struct {
	ID, ContactID uint64
	Email, Phone  string
	Reason        string
	KeyID         uint64 // as of a separation
	CreatedAt     time.Time
}

// Suppression is an erased value that is kept out. The value cannot be recovered from it.
type Suppression struct {
	ID        uint64
	Field     identity.Field
	KeyID     string // the id of the key in ERASURE_KEY by which it is recognized
	CreatedAt time.Time
}

// Separations lists the separations by id.
func (r *Reader) Separations(ctx context.Context, page Page) ([]Separation, string, error) {
	return byID(page, func(after uint64, limit int32) ([]store.Separation, error) {
		return again(ctx, r, func(ctx context.Context, q *store.Queries) ([]store.Separation, error) {
			return q.ListSeparations(ctx, store.ListSeparationsParams{AfterID: after, Limit: limit})
		})
	}, separationOf)
}

func separationOf(s store.Separation) (uint64, Separation) {
	return s.ID, Separation{
		ID: s.ID, ContactID: s.ContactID, OtherID: s.OtherContactID, Reason: s.Reason, KeyID: orZero(s.KeyID), CreatedAt: s.CreatedAt,
	}
}

// Refusals lists the queue by id.
func (r *Reader) Refusals(ctx context.Context, page Page) ([]Refusal, string, error) {
	return byID(page, func(after uint64, limit int32) ([]store.ListRefusalsRow, error) {
		return again(ctx, r, func(ctx context.Context, q *store.Queries) ([]store.ListRefusalsRow, error) {
			return q.ListRefusals(ctx, store.ListRefusalsParams{AfterID: after, Limit: limit})
		})
	}, func(f store.ListRefusalsRow) (uint64, Refusal) {
		return f.ID, Refusal{ID: f.ID, Code: identity.Reason(f.Code), RefusedAt: f.RefusedAt, Seen: Observation{
			ID: f.ObservationID, EmailContactID: f.EmailContactID, PhoneContactID: f.PhoneContactID,
			Email: text(f.Email), Phone: text(f.PhoneNumber),
		}}
	})
}

// Blocks lists the blocks by id.
func (r *Reader) Blocks(ctx context.Context, page Page) ([]Block, string, error) {
	return byID(page, func(after uint64, limit int32) ([]store.ListBlocksRow, error) {
		return again(ctx, r, func(ctx context.Context, q *store.Queries) ([]store.ListBlocksRow, error) {
			return q.ListBlocks(ctx, store.ListBlocksParams{AfterID: after, Limit: limit})
		})
	}, blockOf)
}

func blockOf(b store.ListBlocksRow) (uint64, Block) {
	return b.ID, Block{
		ID: b.ID, ContactID: b.ContactID, Email: text(b.Email), Phone: text(b.PhoneNumber), Reason: b.Reason,
		KeyID: orZero(b.KeyID), CreatedAt: b.CreatedAt,
	}
}

func orZero(id *uint64) uint64 {
	if id == nil {
		return 0
	}
	return *id
}

// Suppressions lists the suppressions by id.
func (r *Reader) Suppressions(ctx context.Context, page Page) ([]Suppression, string, error) {
	return byID(page, func(after uint64, limit int32) ([]store.ListSuppressionsRow, error) {
		return again(ctx, r, func(ctx context.Context, q *store.Queries) ([]store.ListSuppressionsRow, error) {
			return q.ListSuppressions(ctx, store.ListSuppressionsParams{AfterID: after, Limit: limit})
		})
	}, func(s store.ListSuppressionsRow) (uint64, Suppression) {
		field := identity.FieldEmail
		if s.Kind == store.SuppressionsKindPhone {
			field = identity.FieldPhone
		}
		return s.ID, Suppression{ID: s.ID, Field: field, KeyID: s.KeyID, CreatedAt: s.CreatedAt}
	})
}

// byID reads one page of a list whose cursor is the last id, and returns the start of the next
// page.
func byID[R, T any](page Page, read func(after uint64, limit int32) ([]R, error), entry func(R) (uint64, T)) ([]T, string, error) {
	var after uint64
	if page.After != "" {
		var err error
		if after, err = strconv.ParseUint(page.After, 10, 64); err != nil {
			return nil, "", badCursor()
		}
	}
	rows, err := read(after, page.Limit+1)
	if err != nil {
		return nil, "", mysql.Translate(err)
	}
	var next string
	if len(rows) > int(page.Limit) {
		rows = rows[:page.Limit]
		last, _ := entry(rows[len(rows)-1])
		next = strconv.FormatUint(last, 10)
	}
	entries := make([]T, len(rows))
	for i, r := range rows {
		_, entries[i] = entry(r)
	}
	return entries, next, nil
}
