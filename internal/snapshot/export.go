package snapshot

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"io"
	"time"

	"github.com/identikit/identikit/internal/store"
)

// Exported counts the exported rows by kind.
type Exported struct {
	Contacts     int // one row each
	Observations int // of two contacts
}

// String describes the counts in words.
func (e Exported) String() string {
	return fmt.Sprintf("%d contacts and %d observations of two contacts", e.Contacts, e.Observations)
}

// Export writes a consistent snapshot of all contacts and what connects them. Every row is
// something that was observed, so importing it into an empty database gives the same clusters with
// the same primaries, ages and evidence. Contacts come first, by id, each with its own values, then
// the observations that join two contacts, without a contact id. Tombstones and withheld
// observations are not written. Memory does not grow with the number of rows.
//
// The error is an *identity.Error of the database or the error of w.
func Export(ctx context.Context, db *sql.DB, w io.Writer, format Format) (done Exported, err error) {
	buffer := bufio.NewWriterSize(w, 64<<10)
	out, err := newEncoder(buffer, format)
	if err != nil {
		return done, err
	}
	err = at(ctx, db, func(q *store.Queries) error {
		if err := exportContacts(ctx, q, out, &done); err != nil {
			return err
		}
		return exportObservations(ctx, q, out, &done)
	})
	if err != nil {
		return done, err
	}
	if err := out.flush(); err != nil {
		return done, err
	}
	return done, buffer.Flush()
}

func exportContacts(ctx context.Context, q *store.Queries, out encoder, done *Exported) error {
	return each(func(after uint64) ([]store.ListContactsPageRow, error) {
		return q.ListContactsPage(ctx, store.ListContactsPageParams{AfterID: after, Limit: pageSize})
	}, func(r *store.ListContactsPageRow) uint64 {
		return r.ID
	}, func(r *store.ListContactsPageRow) error {
		done.Contacts++
		return exportContact(r, out)
	})
}

// sameMoment is how far apart the age of a contact and the time of its own observation may be if
// they were written together: one transaction reads the clock twice.
const sameMoment = time.Minute

// exportContact writes a second row for a contact that is older than the observation of its two
// values: then one of the values was observed alone before, for example in an older file.
func exportContact(r *store.ListContactsPageRow, out encoder) error {
	primary := r.ID
	if r.LinkedID != nil {
		primary = *r.LinkedID
	}
	precedence := string(r.LinkPrecedence)
	whole := record{
		ContactID: &r.ID, PrimaryContactID: primary, LinkPrecedence: &precedence,
		Email: r.Email, PhoneNumber: r.PhoneNumber, ObservedAt: r.CreatedAt,
	}
	if r.FirstSeenAt == nil || r.FirstSeenAt.Sub(r.CreatedAt) < sameMoment {
		return out.write(&whole)
	}
	whole.ObservedAt = *r.FirstSeenAt
	if err := out.write(&whole); err != nil {
		return err
	}
	return out.write(&record{PrimaryContactID: primary, Email: r.Email, ObservedAt: r.CreatedAt})
}

func exportObservations(ctx context.Context, q *store.Queries, out encoder, done *Exported) error {
	return each(func(after uint64) ([]store.ListJoiningObservationsPageRow, error) {
		return q.ListJoiningObservationsPage(ctx, store.ListJoiningObservationsPageParams{AfterID: after, Limit: pageSize})
	}, func(r *store.ListJoiningObservationsPageRow) uint64 {
		return r.ID
	}, func(r *store.ListJoiningObservationsPageRow) error {
		done.Observations++
		return out.write(&record{
			PrimaryContactID: r.PrimaryID, Email: r.Email, PhoneNumber: r.PhoneNumber, ObservedAt: r.JoinedAt,
		})
	})
}
