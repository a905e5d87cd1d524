package lookup

import (
	"context"
	"math"
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

// Block is a value that identifies nobody: an e-mail address or a phone number.
type Block struct {
	ID, ContactID uint64
	Email, Phone  string
	Reason        string
	KeyID         uint64 // as of a separation
	CreatedAt     time.Time

	// Complete is false while the block, or its end, is not carried out in full: the same request continues it.
	// Ending says which of the two.
	Complete, Ending bool
	// Linking and Withheld count the value's observations, as of the last step.
	Linking, Withheld int
}

// Suppression is an erased value that is kept out. The value cannot be recovered from it.
type Suppression struct {
	ID        uint64
	Field     identity.Field
	KeyID     string // the id of the key in ERASURE_KEY by which it is recognized
	CreatedAt time.Time
}

// Separations lists the separations, the newest first.
func (r *Reader) Separations(ctx context.Context, page Page) ([]Separation, string, error) {
	return newestFirst(page, func(before uint64, limit int32) ([]store.Separation, error) {
		return again(ctx, r, func(ctx context.Context, q *store.Queries) ([]store.Separation, error) {
			return q.ListNewestSeparations(ctx, store.ListNewestSeparationsParams{BeforeID: before, Limit: limit})
		})
	}, separationOf)
}

func separationOf(s store.Separation) (uint64, Separation) {
	return s.ID, Separation{
		ID: s.ID, ContactID: s.ContactID, OtherID: s.OtherContactID, Reason: s.Reason, KeyID: orZero(s.KeyID), CreatedAt: s.CreatedAt,
	}
}

// Blocks lists the blocks, the newest first.
func (r *Reader) Blocks(ctx context.Context, page Page) ([]Block, string, error) {
	return newestFirst(page, func(before uint64, limit int32) ([]store.ListNewestBlocksRow, error) {
		return again(ctx, r, func(ctx context.Context, q *store.Queries) ([]store.ListNewestBlocksRow, error) {
			return q.ListNewestBlocks(ctx, store.ListNewestBlocksParams{BeforeID: before, Limit: limit})
		})
	}, blockOf)
}

func blockOf(b store.ListNewestBlocksRow) (uint64, Block) {
	return b.ID, Block{
		ID: b.ID, ContactID: b.ContactID, Email: text(b.Email), Phone: text(b.PhoneNumber), Reason: b.Reason,
		KeyID: orZero(b.KeyID), CreatedAt: b.CreatedAt,
		Complete: b.Complete, Ending: !b.Complete && !b.Blocked, Linking: int(b.Linking), Withheld: int(b.Withheld),
	}
}

func orZero(id *uint64) uint64 {
	if id == nil {
		return 0
	}
	return *id
}

// Suppressions lists the suppressions, the newest first.
func (r *Reader) Suppressions(ctx context.Context, page Page) ([]Suppression, string, error) {
	return newestFirst(page, func(before uint64, limit int32) ([]store.ListNewestSuppressionsRow, error) {
		return again(ctx, r, func(ctx context.Context, q *store.Queries) ([]store.ListNewestSuppressionsRow, error) {
			return q.ListNewestSuppressions(ctx, store.ListNewestSuppressionsParams{BeforeID: before, Limit: limit})
		})
	}, func(s store.ListNewestSuppressionsRow) (uint64, Suppression) {
		field := identity.FieldEmail
		if s.Kind == store.SuppressionsKindPhone {
			field = identity.FieldPhone
		}
		return s.ID, Suppression{ID: s.ID, Field: field, KeyID: s.KeyID, CreatedAt: s.CreatedAt}
	})
}

// Retraction is an observation that is retracted.
type Retraction struct {
	Seen   Observation // its ids and its values
	Reason string
	KeyID  uint64 // the API key that retracted it, or gave it its reason; 0 without a key
	At     time.Time
}

// Retractions lists the observations that are retracted, the last retracted first.
func (r *Reader) Retractions(ctx context.Context, page Page) ([]Retraction, string, error) {
	return newestFirst(page, func(before uint64, limit int32) ([]store.ListNewestRetractionsRow, error) {
		return again(ctx, r, func(ctx context.Context, q *store.Queries) ([]store.ListNewestRetractionsRow, error) {
			return q.ListNewestRetractions(ctx, store.ListNewestRetractionsParams{BeforeID: before, Limit: limit})
		})
	}, func(o store.ListNewestRetractionsRow) (uint64, Retraction) {
		return o.ID, Retraction{Reason: o.Reason, KeyID: orZero(o.KeyID), At: o.CreatedAt, Seen: Observation{
			ID: o.ObservationID, EmailContactID: o.EmailContactID, PhoneContactID: o.PhoneContactID,
			Email: text(o.Email), Phone: text(o.PhoneNumber),
		}}
	})
}

// byID reads one page of a list whose cursor is the last id, and returns the start of the next
// page.
func byID[R, T any](page Page, read func(after uint64, limit int32) ([]R, error), entry func(R) (uint64, T)) ([]T, string, error) {
	return byIDFrom(0, page, read, entry)
}

// newestFirst is byID in descending order.
func newestFirst[R, T any](page Page, read func(before uint64, limit int32) ([]R, error), entry func(R) (uint64, T)) ([]T, string, error) {
	return byIDFrom(math.MaxInt64, page, read, entry)
}

func byIDFrom[R, T any](
	cursor uint64, page Page, read func(cursor uint64, limit int32) ([]R, error), entry func(R) (uint64, T),
) ([]T, string, error) {
	if page.After != "" {
		var err error
		if cursor, err = strconv.ParseUint(page.After, 10, 64); err != nil {
			return nil, "", badCursor()
		}
	}
	rows, err := read(cursor, page.Limit+1)
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
