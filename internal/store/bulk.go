// Package store is the SQL of queries/ as Go: the output of sqlc and, in this file, the statements
// with a repeated tuple, which sqlc cannot generate for MySQL. It has rows but no rules: the linker
// decides what may be written when.
//
// Each method in this file runs one statement for a whole list. For an empty list it does nothing.
package store

import (
	"context"
	"slices"
	"time"

	"github.com/identikit/identikit/internal/identity"
)

// NewContact is one row for InsertContacts. A nil LinkedID makes a primary.
type NewContact struct {
	Email, PhoneNumber *string
	LinkedID           *uint64
	CreatedAt          time.Time
}

// MovedContact is one row for MoveContacts. IsNew marks a contact that the same transaction inserted:
// where it is moved to counts as where it was first stored.
type MovedContact struct {
	FindContactsRow
	IsNew bool
}

// Pair is one observation: the contact with the e-mail address and the contact with the phone
// number.
type Pair struct {
	EmailContactID, PhoneContactID uint64
}

// SeenPair is one row for InsertObservations and WithholdObservations. A zero SeenAt means now.
type SeenPair struct {
	Pair
	SeenAt   time.Time
	Withheld identity.Reason // "" for evidence
}

// FoundObservation is a stored observation.
type FoundObservation struct {
	ID uint64
	SeenPair
	Queued bool // it is or was in the queue of refusals
}

// NewRefusal is one row for InsertRefusals.
type NewRefusal struct {
	ObservationID uint64
	Code          identity.Reason
}

// NewRetraction is one row for InsertRetractions.
type NewRetraction struct {
	ObservationID uint64
	Reason        string
}

// SuppressedDigest is a digest, in upper-case hexadecimal, and its suppression.
type SuppressedDigest struct {
	Digest        string
	SuppressionID uint64
}

// InsertContacts inserts contacts and returns the id of the first; ids ascend in the order of contacts.
// One value that is stored already fails all of them with a duplicate-key error. Without contacts it does
// nothing and returns 0.
func (q *Queries) InsertContacts(ctx context.Context, contacts []NewContact) (first uint64, err error) {
	err = q.atOnce(len(contacts), ",\n", func(q *Queries, i int) error {
		c := contacts[i]
		id, err := q.insertContacts(ctx, insertContactsParams{
			Email: c.Email, PhoneNumber: c.PhoneNumber, LinkedID: c.LinkedID, FirstLinkedID: c.LinkedID,
			LinkPrecedence: precedence(c.LinkedID), CreatedAt: c.CreatedAt,
		})
		first = uint64(id) //nolint:gosec // an id is not negative
		return err
	})
	return first, err
}

// MoveContacts gives existing contacts the link and the age that they have in contacts.
func (q *Queries) MoveContacts(ctx context.Context, contacts []MovedContact) error {
	return q.atOnce(len(contacts), ",\n", func(q *Queries, i int) error {
		c := contacts[i]
		first := new(uint64) // 0: keep it
		if c.IsNew {
			first = c.LinkedID
		}
		return q.moveContacts(ctx, moveContactsParams{
			ID: c.ID, Email: c.Email, PhoneNumber: c.PhoneNumber, LinkedID: c.LinkedID, FirstLinkedID: first,
			LinkPrecedence: precedence(c.LinkedID), CreatedAt: c.CreatedAt,
		})
	})
}

func precedence(linkedID *uint64) ContactsLinkPrecedence {
	if linkedID == nil {
		return ContactsLinkPrecedencePrimary
	}
	return ContactsLinkPrecedenceSecondary
}

// InsertObservations stores pairs as evidence. A stored pair becomes older and evidence again.
func (q *Queries) InsertObservations(ctx context.Context, pairs []SeenPair) error {
	if !slices.ContainsFunc(pairs, func(p SeenPair) bool { return !p.SeenAt.IsZero() }) {
		return q.atOnce(len(pairs), ",\n", func(q *Queries, i int) error {
			return q.insertObservationsNow(ctx, insertObservationsNowParams(pairs[i].Pair))
		})
	}
	return q.atOnce(len(pairs), ",\n", func(q *Queries, i int) error {
		p := pairs[i]
		return q.insertObservations(ctx, insertObservationsParams{
			EmailContactID: p.EmailContactID, PhoneContactID: p.PhoneContactID, SeenAt: atMost(p.SeenAt),
		})
	})
}

// WithholdObservations stores pairs that are not evidence, each with its reason.
func (q *Queries) WithholdObservations(ctx context.Context, pairs []SeenPair) error {
	return q.atOnce(len(pairs), ",\n", func(q *Queries, i int) error {
		p := pairs[i]
		return q.withholdObservations(ctx, withholdObservationsParams{
			EmailContactID: p.EmailContactID, PhoneContactID: p.PhoneContactID, SeenAt: atMost(p.SeenAt),
			Withheld: NullObservationsWithheld{ObservationsWithheld: ObservationsWithheld(p.Withheld), Valid: true},
		})
	})
}

// InsertRefusals adds observations to the queue, or changes the reason of those that are in it. A
// closed refusal stays closed.
func (q *Queries) InsertRefusals(ctx context.Context, refusals []NewRefusal) error {
	return q.atOnce(len(refusals), ",\n", func(q *Queries, i int) error {
		return q.insertRefusals(ctx, insertRefusalsParams{
			ObservationID: refusals[i].ObservationID, Code: RefusalsCode(refusals[i].Code),
		})
	})
}

// InsertRetractions records why observations are retracted, and the API key that says so, nil for none. One
// that is recorded gets the new reason and the new key.
func (q *Queries) InsertRetractions(ctx context.Context, retractions []NewRetraction, key *uint64) error {
	return q.atOnce(len(retractions), ",\n", func(q *Queries, i int) error {
		return q.insertRetractions(ctx, insertRetractionsParams{
			ObservationID: retractions[i].ObservationID, Reason: retractions[i].Reason, KeyID: key,
		})
	})
}

// InsertHistory records events for the history of contacts, with ascending ids in the order of events: the
// doing of an API key, nil for none. No event may be the origin of a contact.
func (q *Queries) InsertHistory(ctx context.Context, events []identity.Event, key *uint64) error {
	return q.atOnce(len(events), ",\n", func(q *Queries, i int) error {
		e := events[i]
		params := insertHistoryParams{Kind: HistoryKind(e.Kind), ContactID: e.ContactID, PrimaryID: e.PrimaryID, KeyID: key}
		if e.ObservationID != 0 {
			params.ObservationID = &e.ObservationID
		}
		return q.insertHistory(ctx, params)
	})
}

// FindObservations returns the stored ones of the pairs, in no order.
func (q *Queries) FindObservations(ctx context.Context, pairs []Pair) ([]FoundObservation, error) {
	var rows []findObservationsRow
	err := q.atOnce(len(pairs), "\nOR ", func(q *Queries, i int) (err error) {
		rows, err = q.findObservations(ctx, findObservationsParams(pairs[i]))
		return err
	})
	found := make([]FoundObservation, len(rows))
	for i, r := range rows {
		found[i] = FoundObservation{
			ID: r.ID,
			SeenPair: SeenPair{
				Pair:     Pair{EmailContactID: r.EmailContactID, PhoneContactID: r.PhoneContactID},
				SeenAt:   r.FirstSeenAt,
				Withheld: identity.Reason(r.Withheld.ObservationsWithheld),
			},
			Queued: r.Queued,
		}
	}
	return found, err
}

// FindSuppressed returns those of the digests, in upper-case hexadecimal, that belong to
// suppressions, in no order.
func (q *Queries) FindSuppressed(ctx context.Context, digests []string) ([]SuppressedDigest, error) {
	return InChunks(digests, func(digests []string) (found []SuppressedDigest, err error) {
		var rows []findSuppressedRow
		err = q.atOnce(len(digests), "\nOR ", func(q *Queries, i int) (err error) {
			rows, err = q.findSuppressed(ctx, digests[i])
			return err
		})
		for _, r := range rows {
			found = append(found, SuppressedDigest(r))
		}
		return found, err
	})
}

// atMost returns seenAt or, if it is zero, a time that is later than now: statements use the
// earlier of this time and now.
func atMost(seenAt time.Time) time.Time {
	if seenAt.IsZero() {
		return time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
	}
	return seenAt
}
