// Package store is the SQL of queries/ as Go: sqlc's output, and in this file the statements with
// a repeated tuple, which sqlc cannot generate for MySQL. It knows rows, not rules: what may be
// written when is the linker's business.
package store

import (
	"context"
	"strings"
	"time"
)

// NewContact is one row for InsertContacts. A nil LinkedID makes a primary.
type NewContact struct {
	Email, PhoneNumber *string
	LinkedID           *uint64
	NotBefore          time.Time
}

// Pair is one observation: the contact with the e-mail and the contact with the phone number.
type Pair struct {
	EmailContactID, PhoneContactID uint64
}

// InsertContacts adds contacts in one statement; ids ascend in the order of contacts. One value
// that exists already fails them all with a duplicate-key error. No contacts is an error of the
// server.
func (q *Queries) InsertContacts(ctx context.Context, contacts []NewContact) error {
	args := make([]any, 0, 5*len(contacts))
	for _, c := range contacts {
		precedence := ContactsLinkPrecedencePrimary
		if c.LinkedID != nil {
			precedence = ContactsLinkPrecedenceSecondary
		}
		args = append(args, c.Email, c.PhoneNumber, c.LinkedID, string(precedence), c.NotBefore)
	}
	_, err := q.db.ExecContext(ctx, repeat(insertContacts, "VALUES ", ", ", len(contacts)), args...)
	return err
}

// InsertObservations records pairs in one statement. A pair that exists already fails them all
// with a duplicate-key error. No pairs is an error of the server.
func (q *Queries) InsertObservations(ctx context.Context, pairs []Pair) error {
	_, err := q.db.ExecContext(ctx, repeat(insertObservations, "VALUES ", ", ", len(pairs)), pairArgs(pairs)...)
	return err
}

// FindObservations returns which of the pairs are recorded, in no order. No pairs is an error of
// the server.
func (q *Queries) FindObservations(ctx context.Context, pairs []Pair) ([]Pair, error) {
	rows, err := q.db.QueryContext(ctx, repeat(findObservations, "WHERE ", " OR ", len(pairs)), pairArgs(pairs)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err below tells what Close would
	var found []Pair
	for rows.Next() {
		var p Pair
		if err := rows.Scan(&p.EmailContactID, &p.PhoneContactID); err != nil {
			return nil, err
		}
		found = append(found, p)
	}
	return found, rows.Err()
}

func pairArgs(pairs []Pair) []any {
	args := make([]any, 0, 2*len(pairs))
	for _, p := range pairs {
		args = append(args, p.EmailContactID, p.PhoneContactID)
	}
	return args
}

// repeat returns query with what follows the keyword standing n times.
func repeat(query, keyword, separator string, n int) string {
	head, tuple, _ := strings.Cut(query, keyword)
	tuple = strings.TrimSpace(tuple)
	return head + keyword + strings.Repeat(tuple+separator, n-1) + tuple
}
