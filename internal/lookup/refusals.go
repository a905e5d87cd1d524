package lookup

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

// Refusal is an observation that was not linked and is not decided.
type Refusal struct {
	ID        uint64
	Code      identity.Reason
	RefusedAt time.Time
	Seen      Observation // its ids and its values

	Resolution string    // "" if it is open
	ClosedAt   time.Time // zero if it is open
	KeyID      uint64    // the API key that closed it; 0 without a key
}

// Refusal returns one refusal, open or closed.
func (r *Reader) Refusal(ctx context.Context, id uint64) (Refusal, error) {
	row, err := again(ctx, r, func(ctx context.Context, q *store.Queries) (store.FindRefusalWithValuesRow, error) {
		return q.FindRefusalWithValues(ctx, id)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return Refusal{}, identity.Errorf(identity.CodeRecordNotFound, "There is no refusal %d.", id)
	}
	if err != nil {
		return Refusal{}, mysql.Translate(err)
	}
	_, found := refusalOf(store.ListRefusalsRow{
		ID: row.ID, Code: row.Code, RefusedAt: row.RefusedAt, ObservationID: row.ObservationID, EmailContactID: row.EmailContactID,
		PhoneContactID: row.PhoneContactID, Email: row.Email, PhoneNumber: row.PhoneNumber,
	})
	found.Seen.Reason = text(row.Reason)
	found.Resolution, found.KeyID = string(row.Resolution.RefusalsResolution), orZero(row.KeyID)
	if row.ClosedAt != nil {
		found.ClosedAt = *row.ClosedAt
	}
	return found, nil
}

// RefusalFilter selects refusals. The zero value selects all of them.
type RefusalFilter struct {
	Code   identity.Reason      // "" for all
	Value  identity.Observation // one normalized value that they are about; without values, all
	Before time.Time            // refused earlier; the zero time for all
}

// Refusals lists the open refusals that the filter selects, by id. A value that nobody has selects none.
func (r *Reader) Refusals(ctx context.Context, f RefusalFilter, page Page) ([]Refusal, string, error) {
	if f.Before.IsZero() {
		f.Before = time.Date(9000, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return byID(page, func(after uint64, limit int32) ([]store.ListRefusalsRow, error) {
		return again(ctx, r, func(ctx context.Context, q *store.Queries) ([]store.ListRefusalsRow, error) {
			return f.list(ctx, q, after, limit)
		})
	}, refusalOf)
}

func (f RefusalFilter) list(ctx context.Context, q *store.Queries, after uint64, limit int32) ([]store.ListRefusalsRow, error) {
	code := store.RefusalsCode(f.Code)
	switch {
	case f.Value.Email != "":
		rows, err := q.ListRefusalsOfEmail(ctx, store.ListRefusalsOfEmailParams{
			Email: &f.Value.Email, Code: code, Before: f.Before, AfterID: after, Limit: limit,
		})
		return convert(rows, func(r store.ListRefusalsOfEmailRow) store.ListRefusalsRow { return store.ListRefusalsRow(r) }), err
	case f.Value.Phone != "":
		rows, err := q.ListRefusalsOfPhoneNumber(ctx, store.ListRefusalsOfPhoneNumberParams{
			PhoneNumber: &f.Value.Phone, Code: code, Before: f.Before, AfterID: after, Limit: limit,
		})
		return convert(rows, func(r store.ListRefusalsOfPhoneNumberRow) store.ListRefusalsRow { return store.ListRefusalsRow(r) }), err
	case f.Code != "":
		rows, err := q.ListRefusalsByCode(ctx, store.ListRefusalsByCodeParams{Code: code, Before: f.Before, AfterID: after, Limit: limit})
		return convert(rows, func(r store.ListRefusalsByCodeRow) store.ListRefusalsRow { return store.ListRefusalsRow(r) }), err
	}
	return q.ListRefusals(ctx, store.ListRefusalsParams{Before: f.Before, AfterID: after, Limit: limit})
}

// convert returns rows of one query as those of another with the same columns.
func convert[From, To any](rows []From, one func(From) To) []To {
	converted := make([]To, len(rows))
	for i, r := range rows {
		converted[i] = one(r)
	}
	return converted
}

func refusalOf(f store.ListRefusalsRow) (uint64, Refusal) {
	return f.ID, Refusal{ID: f.ID, Code: identity.Reason(f.Code), RefusedAt: f.RefusedAt, Seen: Observation{
		ID: f.ObservationID, EmailContactID: f.EmailContactID, PhoneContactID: f.PhoneContactID,
		Email: text(f.Email), Phone: text(f.PhoneNumber),
	}}
}
