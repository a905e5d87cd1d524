// Package store is the SQL of queries/ as Go: sqlc's output, and in this file the statements with
// a repeated tuple, which sqlc cannot generate for MySQL. It knows rows, not rules: what may be
// written when is the linker's business.
package store

import (
	"context"
	"strings"
	"time"

	"github.com/identikit/identikit/internal/identity"
)

// NewContact is one row for InsertContacts. A nil LinkedID makes a primary. SeenAt is its
// age unless it lies in the future; zero means now.
type NewContact struct {
	Email, PhoneNumber *string
	LinkedID           *uint64
	NotBefore, SeenAt  time.Time
}

// Pair is one observation: the contact with the e-mail and the contact with the phone number.
type Pair struct {
	EmailContactID, PhoneContactID uint64
}

// SeenPair is one row for InsertObservations and WithholdObservations. A zero SeenAt means now.
type SeenPair struct {
	Pair
	SeenAt   time.Time
	Withheld identity.Reason // "" for evidence
}

// FoundObservation is an observation as it is recorded.
type FoundObservation struct {
	ID uint64
	SeenPair
	Queued bool // it is, or was, in the queue of refusals
}

// NewRefusal is one row for InsertRefusals.
type NewRefusal struct {
	ObservationID uint64
	Code          identity.Reason
}

// NewEvent is one row for InsertEvents. An ObservationID of 0 means none.
type NewEvent struct {
	Kind                                EventsKind
	ContactID, PrimaryID, ObservationID uint64
}

// SuppressedDigest is a digest, in upper-case hexadecimal, and the suppression that it belongs to.
type SuppressedDigest struct {
	Digest        string
	SuppressionID uint64
}

// InsertContacts adds contacts in one statement; ids ascend in the order of contacts. One value
// that exists already fails them all with a duplicate-key error. No contacts is an error of the
// server.
func (q *Queries) InsertContacts(ctx context.Context, contacts []NewContact) error {
	args := make([]any, 0, 6*len(contacts))
	for _, c := range contacts {
		args = append(args, c.Email, c.PhoneNumber, c.LinkedID, precedence(c.LinkedID), c.NotBefore, atMost(c.SeenAt))
	}
	_, err := q.db.ExecContext(ctx, repeat(insertContacts, ",\n", len(contacts)), args...)
	return err
}

// MoveContacts gives existing contacts the link and the age that they have in contacts, in one
// statement. No contacts is an error of the server.
func (q *Queries) MoveContacts(ctx context.Context, contacts []FindContactsRow) error {
	args := make([]any, 0, 6*len(contacts))
	for _, c := range contacts {
		args = append(args, c.ID, c.Email, c.PhoneNumber, c.LinkedID, precedence(c.LinkedID), c.CreatedAt)
	}
	_, err := q.db.ExecContext(ctx, repeat(moveContacts, ",\n", len(contacts)), args...)
	return err
}

func precedence(linkedID *uint64) string {
	if linkedID == nil {
		return string(ContactsLinkPrecedencePrimary)
	}
	return string(ContactsLinkPrecedenceSecondary)
}

// InsertObservations records pairs as evidence, in one statement; one that exists becomes older and
// evidence again. No pairs is an error of the server.
func (q *Queries) InsertObservations(ctx context.Context, pairs []SeenPair) error {
	args := make([]any, 0, 3*len(pairs))
	for _, p := range pairs {
		args = append(args, p.EmailContactID, p.PhoneContactID, atMost(p.SeenAt))
	}
	_, err := q.db.ExecContext(ctx, repeat(insertObservations, ",\n", len(pairs)), args...)
	return err
}

// WithholdObservations records pairs as no evidence, in one statement. No pairs is an error of the
// server.
func (q *Queries) WithholdObservations(ctx context.Context, pairs []SeenPair) error {
	args := make([]any, 0, 4*len(pairs))
	for _, p := range pairs {
		args = append(args, p.EmailContactID, p.PhoneContactID, atMost(p.SeenAt), p.Withheld)
	}
	_, err := q.db.ExecContext(ctx, repeat(withholdObservations, ",\n", len(pairs)), args...)
	return err
}

// InsertRefusals puts observations into the queue, in one statement, or gives those that are there
// the new reason; what was in the queue and is closed stays so. No refusals is an error of the server.
func (q *Queries) InsertRefusals(ctx context.Context, refusals []NewRefusal) error {
	args := make([]any, 0, 2*len(refusals))
	for _, r := range refusals {
		args = append(args, r.ObservationID, r.Code)
	}
	_, err := q.db.ExecContext(ctx, repeat(insertRefusals, ",\n", len(refusals)), args...)
	return err
}

// InsertEvents writes down what happened, in one statement; ids ascend in the order of events. No
// events is an error of the server.
func (q *Queries) InsertEvents(ctx context.Context, events []NewEvent) error {
	args := make([]any, 0, 4*len(events))
	for _, e := range events {
		var observation *uint64
		if e.ObservationID != 0 {
			observation = &e.ObservationID
		}
		args = append(args, string(e.Kind), e.ContactID, e.PrimaryID, observation)
	}
	_, err := q.db.ExecContext(ctx, repeat(insertEvents, ",\n", len(events)), args...)
	return err
}

// FindObservations returns which of the pairs are recorded, and how, in no order. No pairs is an
// error of the server.
func (q *Queries) FindObservations(ctx context.Context, pairs []Pair) ([]FoundObservation, error) {
	args := make([]any, 0, 2*len(pairs))
	for _, p := range pairs {
		args = append(args, p.EmailContactID, p.PhoneContactID)
	}
	rows, err := q.db.QueryContext(ctx, repeat(findObservations, "\nOR ", len(pairs)), args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err below tells what Close would
	var found []FoundObservation
	for rows.Next() {
		var o FoundObservation
		var withheld NullObservationsWithheld
		if err := rows.Scan(&o.ID, &o.EmailContactID, &o.PhoneContactID, &o.SeenAt, &withheld, &o.Queued); err != nil {
			return nil, err
		}
		o.Withheld = identity.Reason(withheld.ObservationsWithheld)
		found = append(found, o)
	}
	return found, rows.Err()
}

// FindSuppressed returns which of the digests, in upper-case hexadecimal, are those of suppressions, in
// no order.
func (q *Queries) FindSuppressed(ctx context.Context, digests []string) ([]SuppressedDigest, error) {
	return InChunks(digests, func(chunk []string) ([]SuppressedDigest, error) { return q.findSuppressedChunk(ctx, chunk) })
}

func (q *Queries) findSuppressedChunk(ctx context.Context, digests []string) ([]SuppressedDigest, error) {
	args := make([]any, len(digests))
	for i, d := range digests {
		args[i] = d
	}
	rows, err := q.db.QueryContext(ctx, repeat(findSuppressed, "\nOR ", len(digests)), args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err below tells what Close would
	var found []SuppressedDigest
	for rows.Next() {
		var d SuppressedDigest
		if err := rows.Scan(&d.Digest, &d.SuppressionID); err != nil {
			return nil, err
		}
		found = append(found, d)
	}
	return found, rows.Err()
}

// atMost is the time that a statement takes the earlier of, together with now.
func atMost(seenAt time.Time) time.Time {
	if seenAt.IsZero() {
		return time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
	}
	return seenAt
}

// repeat returns query with its tuple, the line that begins with a parenthesis, standing n times.
func repeat(query, separator string, n int) string {
	head, rest, _ := strings.Cut(query, "\n(")
	tuple, tail, _ := strings.Cut(rest, "\n")
	tuple = "(" + tuple
	return head + "\n" + strings.Repeat(tuple+separator, n-1) + tuple + "\n" + tail
}
