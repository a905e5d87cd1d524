package lookup

import (
	"context"
	"database/sql"
	"errors"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

// Separation returns the separation of two contacts, given in any order. If they are not separated,
// the error has CodeRecordNotFound.
func (r *Reader) Separation(ctx context.Context, contact, other uint64) (Separation, error) {
	found, err := again(ctx, r, func(ctx context.Context, q *store.Queries) (store.Separation, error) {
		return q.FindSeparationOf(ctx, store.FindSeparationOfParams{SmallerID: min(contact, other), LargerID: max(contact, other)})
	})
	if errors.Is(err, sql.ErrNoRows) {
		return Separation{}, identity.Errorf(identity.CodeRecordNotFound, "Contacts %d and %d are not separated.", contact, other)
	}
	if err != nil {
		return Separation{}, mysql.Translate(err)
	}
	_, s := separationOf(found)
	return s, nil
}

// Block returns the block with the given id. If there is none, the error has CodeRecordNotFound.
func (r *Reader) Block(ctx context.Context, id uint64) (Block, error) {
	found, err := again(ctx, r, func(ctx context.Context, q *store.Queries) (store.FindBlockWithValueRow, error) {
		return q.FindBlockWithValue(ctx, id)
	})
	return oneBlock(store.ListNewestBlocksRow(found), err, "There is no block %d.", id)
}

// BlockOf returns the block of a value. Exactly one value of the observation must be present. If it
// is not blocked, the error has CodeRecordNotFound.
func (r *Reader) BlockOf(ctx context.Context, value identity.Observation) (Block, error) {
	const notBlocked = "This value is not blocked."
	if value.Email != "" {
		found, err := again(ctx, r, func(ctx context.Context, q *store.Queries) (store.FindBlockOfEmailRow, error) {
			return q.FindBlockOfEmail(ctx, &value.Email)
		})
		return oneBlock(store.ListNewestBlocksRow(found), err, notBlocked)
	}
	found, err := again(ctx, r, func(ctx context.Context, q *store.Queries) (store.FindBlockOfPhoneNumberRow, error) {
		return q.FindBlockOfPhoneNumber(ctx, &value.Phone)
	})
	return oneBlock(store.ListNewestBlocksRow(found), err, notBlocked)
}

func oneBlock(found store.ListNewestBlocksRow, err error, none string, args ...any) (Block, error) {
	if errors.Is(err, sql.ErrNoRows) {
		return Block{}, identity.Errorf(identity.CodeRecordNotFound, none, args...)
	}
	if err != nil {
		return Block{}, mysql.Translate(err)
	}
	_, b := blockOf(found)
	return b, nil
}
