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

// forgetReasons empties the words of separations that quote a value: what somebody wrote about two
// contacts may name a third. It goes through all of them, which people made one by one.
func forgetReasons(ctx context.Context, q *store.Queries, email, phone string) error {
	var quoting []uint64
	for after, more := uint64(0), true; more; {
		page, err := q.ListSeparations(ctx, store.ListSeparationsParams{AfterID: after, Limit: moveChunk})
		if err != nil {
			return err
		}
		for _, s := range page {
			after = s.ID
			if quotes(s.Reason, email, phone) {
				quoting = append(quoting, s.ID)
			}
		}
		more = len(page) == moveChunk
	}
	if len(quoting) == 0 {
		return nil
	}
	return q.ForgetReasons(ctx, quoting)
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
