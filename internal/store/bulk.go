// Package store is the SQL of queries/ as Go: sqlc's output, and in this file the statements with
// a repeated tuple, which sqlc cannot generate for MySQL. It knows rows, not rules: what may be
// written when is the linker's business.
package store

import (
	"context"
	"strings"
	"time"
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

// SeenPair is one row for InsertObservations. A zero SeenAt means now.
type SeenPair struct {
	Pair
	SeenAt time.Time
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

// InsertObservations records pairs in one statement; one that exists only becomes older. No pairs
// is an error of the server.
func (q *Queries) InsertObservations(ctx context.Context, pairs []SeenPair) error {
	args := make([]any, 0, 3*len(pairs))
	for _, p := range pairs {
		args = append(args, p.EmailContactID, p.PhoneContactID, atMost(p.SeenAt))
	}
	_, err := q.db.ExecContext(ctx, repeat(insertObservations, ",\n", len(pairs)), args...)
	return err
}

// FindObservations returns which of the pairs are recorded, and since when, in no order. No pairs
// is an error of the server.
func (q *Queries) FindObservations(ctx context.Context, pairs []Pair) ([]SeenPair, error) {
	args := make([]any, 0, 2*len(pairs))
	for _, p := range pairs {
		args = append(args, p.EmailContactID, p.PhoneContactID)
	}
	rows, err := q.db.QueryContext(ctx, repeat(findObservations, "\nOR ", len(pairs)), args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err below tells what Close would
	var found []SeenPair
	for rows.Next() {
		var p SeenPair
		if err := rows.Scan(&p.EmailContactID, &p.PhoneContactID, &p.SeenAt); err != nil {
			return nil, err
		}
		found = append(found, p)
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
