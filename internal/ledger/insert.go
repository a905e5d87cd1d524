package ledger

import (
	"context"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

// insertContacts inserts new contacts in one statement, and sets their ids and times. The contacts of a
// cluster that has no stored one are inserted as primaries; writeLinks links them.
func (tx *Tx) insertContacts(ctx context.Context, contacts []*cluster.Contact) error {
	if len(contacts) == 0 {
		return nil
	}
	clock, err := tx.Queries.FindClock(ctx)
	if err != nil {
		return err
	}
	rows := make([]store.NewContact, len(contacts))
	for i, c := range contacts {
		c.CreatedAt = c.CreatedSince(clock.Now)
		if primary := c.Primary(); primary != nil {
			c.LinkedID = primary.ID
		}
		rows[i] = newRow(c)
	}
	first, err := tx.Queries.InsertContacts(ctx, rows)
	if err != nil {
		return err
	}
	if tx.readsBack || clock.IsTidb != 0 {
		return tx.readIDs(ctx, contacts)
	}
	if err := tx.checkStep(ctx, clock, len(contacts)); err != nil {
		return err
	}
	// InnoDB gives the rows of one INSERT consecutive ids, whatever else runs at the same time: to read
	// them back would cost as much as the INSERT.
	for i, c := range contacts {
		c.ID = first + uint64(i)*uint64(clock.IDStep) //nolint:gosec // neither is negative
	}
	return nil
}

// checkStep returns mysql.ErrRetry if the distance between the ids of an INSERT may have been another than
// that read before it: Galera changes it, also within a transaction, when a node joins or leaves.
func (tx *Tx) checkStep(ctx context.Context, before store.FindClockRow, rows int) error {
	if rows == 1 || before.IDStep == 1 && before.MaybeGalera == 0 {
		return nil
	}
	after, err := tx.Queries.FindClock(ctx)
	if err == nil && after.IDStep != before.IDStep {
		err = mysql.ErrRetry
	}
	return err
}

func newRow(c *cluster.Contact) store.NewContact {
	r := store.NewContact{Email: orNull(c.Email), PhoneNumber: orNull(c.Phone), CreatedAt: c.CreatedAt}
	if c.LinkedID != 0 {
		r.LinkedID = &c.LinkedID
	}
	return r
}

// readIDs reads the ids of new contacts, for servers that do not promise consecutive ones.
func (tx *Tx) readIDs(ctx context.Context, contacts []*cluster.Contact) error {
	byEmail, byPhone := map[string]*cluster.Contact{}, map[string]*cluster.Contact{}
	var emails, phones []*string
	for _, c := range contacts {
		if c.Email != "" {
			emails, byEmail[c.Email] = append(emails, &c.Email), c
		} else {
			phones, byPhone[c.Phone] = append(phones, &c.Phone), c
		}
	}
	stored, err := store.InPairsOfChunks(emails, phones, func(emails, phones []*string) ([]store.FindContactsRow, error) {
		return tx.Queries.FindContacts(ctx, store.FindContactsParams{Emails: emails, PhoneNumbers: phones})
	})
	if err != nil {
		return err
	}
	if len(stored) != len(contacts) {
		return mysql.ErrRetry
	}
	for _, r := range stored {
		c := byPhone[text(r.PhoneNumber)]
		if r.Email != nil {
			c = byEmail[*r.Email]
		}
		if c == nil {
			return identity.Inconsistent("contact %d was inserted, but has a value that was not", r.ID)
		}
		c.ID = r.ID
	}
	return nil
}
