package linker

import (
	"context"
	"slices"
	"strings"

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
	return forgetReasons(ctx, q, email, phone)
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

// forgetReasons empties the words of separations and blocks that quote a value: what somebody wrote
// about one contact may name another. It goes through all of them, which people made one by one.
func forgetReasons(ctx context.Context, q *store.Queries, email, phone string) error {
	separations, err := quoting(email, phone, func(after uint64) ([]store.Separation, error) {
		return q.ListSeparations(ctx, store.ListSeparationsParams{AfterID: after, Limit: moveChunk})
	}, func(s store.Separation) (uint64, string) { return s.ID, s.Reason })
	if err == nil && len(separations) > 0 {
		err = q.ForgetReasons(ctx, separations)
	}
	if err != nil {
		return err
	}
	blocks, err := quoting(email, phone, func(after uint64) ([]store.ListBlocksRow, error) {
		return q.ListBlocks(ctx, store.ListBlocksParams{AfterID: after, Limit: moveChunk})
	}, func(b store.ListBlocksRow) (uint64, string) { return b.ID, b.Reason })
	if err == nil && len(blocks) > 0 {
		err = q.ForgetBlockReasons(ctx, blocks)
	}
	return err
}

// quoting lists the ids of those in a list, read page by page, whose reason quotes a value.
func quoting[R any](email, phone string, read func(after uint64) ([]R, error), of func(R) (uint64, string)) ([]uint64, error) {
	var ids []uint64
	for after, more := uint64(0), true; more; {
		page, err := read(after)
		if err != nil {
			return nil, err
		}
		for _, r := range page {
			id, reason := of(r)
			if after = id; quotes(reason, email, phone) {
				ids = append(ids, id)
			}
		}
		more = len(page) == moveChunk
	}
	return ids, nil
}

// subscriber is how many of the last digits of a phone number are looked for: written down for
// people, a number often lacks the country or has a 0 in its place.
const subscriber = 7

// quotes tells whether a text may quote a value. Rather too often: what is lost then is a comment.
func quotes(text, email, phone string) bool {
	if email != "" && strings.Contains(strings.ToLower(text), email) {
		return true
	}
	phone = digits(phone)
	return phone != "" && strings.Contains(digits(text), phone[max(0, len(phone)-subscriber):])
}

// digits drops everything else, also what stands between two numbers.
func digits(text string) string {
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return r
		}
		return -1
	}, text)
}
