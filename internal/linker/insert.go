package linker

import (
	"context"
	"time"

	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

// insertContacts inserts the new contacts in one statement, and sets their ids and times. The contacts of
// a cluster that has no stored one are inserted as primaries; writeLinks links them.
func (p *plan) insertContacts(ctx context.Context, q *store.Queries) error {
	if len(p.added) == 0 {
		return nil
	}
	clock, err := q.FindClock(ctx)
	if err != nil {
		return err
	}
	rows := make([]store.NewContact, len(p.added))
	for i, c := range p.added {
		c.createdAt = c.createdSince(clock.Now)
		rows[i] = store.NewContact{CreatedAt: c.createdAt}
		if root := c.cluster.root; root != nil {
			c.linkedID = root.id
			rows[i].LinkedID = &root.id
		}
		if c.email != "" {
			rows[i].Email = &c.email
		}
		if c.phone != "" {
			rows[i].PhoneNumber = &c.phone
		}
	}
	first, err := q.InsertContacts(ctx, rows)
	if err != nil {
		return err
	}
	if p.readsBack || clock.IsTidb != 0 {
		return p.readBack(ctx, q)
	}
	// InnoDB gives the rows of one INSERT consecutive ids, whatever else runs at the same time: to read
	// them back would cost as much as the INSERT.
	for i, c := range p.added {
		c.id = first + uint64(i)*uint64(clock.IDStep) //nolint:gosec // neither is negative
	}
	return nil
}

// createdSince returns the age of a new contact: now, or when its row was read. It is not older than the
// primary of its cluster, whose time may be ahead after the database's clock was set back, unless it was
// seen before.
func (c *contact) createdSince(now time.Time) time.Time {
	now = earlier(now, c.readAt)
	if root := c.cluster.root; root != nil && root.createdAt.After(now) {
		now = root.createdAt
	}
	return earlier(now, c.seenAt)
}

// readBack reads the ids of the new contacts, for servers that do not promise consecutive ones.
func (p *plan) readBack(ctx context.Context, q *store.Queries) error {
	var emails, phones []*string
	for _, c := range p.added {
		if c.email != "" {
			emails = append(emails, &c.email)
		} else {
			phones = append(phones, &c.phone)
		}
	}
	stored, err := store.InPairsOfChunks(emails, phones, func(emails, phones []*string) ([]store.FindContactsRow, error) {
		return q.FindContacts(ctx, store.FindContactsParams{Emails: emails, PhoneNumbers: phones})
	})
	if err != nil {
		return err
	}
	if len(stored) != len(p.added) {
		return mysql.ErrRetry
	}
	for _, r := range stored {
		c := p.graph.byPhone[text(r.PhoneNumber)]
		if r.Email != nil {
			c = p.graph.byEmail[*r.Email]
		}
		if c == nil {
			return inconsistent("contact %d was inserted, but holds a value that was not", r.ID)
		}
		c.id = r.ID
	}
	return nil
}
