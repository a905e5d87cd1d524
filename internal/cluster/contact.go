package cluster

import (
	"time"

	"github.com/identikit/identikit/internal/identity"
)

// Contact is a stored contact, or a new one.
type Contact struct {
	ID           uint64 // 0 for a new one until it is inserted
	Email, Phone string // "" when absent
	LinkedID     uint64 // the primary, as stored; 0 for a primary
	CreatedAt    time.Time
	Blocked      bool
	Separated    bool // from another contact

	// Emails counts the observations of the phone number, Phones those of the e-mail address. They are
	// read if the policy limits them.
	Emails, Phones int

	// Partial is true of a primary that has secondaries outside the graph.
	Partial bool

	graph  *Graph
	node   uint32
	isNew  bool      // an observation added it
	seenAt time.Time // of a new one: when it was first seen; zero for now
	readAt time.Time // of a new one: when its row was read; zero for now
	aged   bool      // of a stored one: an observation made it older
}

// Component returns the component that the contact belongs to.
func (c *Contact) Component() *Component {
	return c.graph.components[c.graph.forest.Root(c.node)]
}

// Primary returns the primary of the contact: the stored one, until a plan or a revision has found
// another. It is nil while all contacts of the component are new.
func (c *Contact) Primary() *Contact { return c.Component().primary }

// IsNew reports whether an observation added the contact.
func (c *Contact) IsNew() bool { return c.isNew }

// Aged reports whether an observation made a stored contact older.
func (c *Contact) Aged() bool { return c.aged }

// CreatedSince returns the age of a new contact that is inserted now: now, or when its row was read. It is
// not older than the primary of its cluster, whose time may be ahead after the database's clock was set
// back, unless it was seen before.
func (c *Contact) CreatedSince(now time.Time) time.Time {
	now = earlier(now, c.readAt)
	if primary := c.Primary(); primary != nil && primary.CreatedAt.After(now) {
		now = primary.CreatedAt
	}
	return earlier(now, c.seenAt)
}

// Values counts the values of the contact. A tombstone has none.
func (c *Contact) Values() (n int) {
	for _, v := range [...]string{c.Email, c.Phone} {
		if v != "" {
			n++
		}
	}
	return n
}

// isUnder reports whether primary is the stored primary of the contact.
func (c *Contact) isUnder(primary *Contact) bool {
	if c == primary {
		return c.LinkedID == 0
	}
	return primary.ID != 0 && c.LinkedID == primary.ID
}

func (c *Contact) age() identity.Age { return identity.Age{CreatedAt: c.CreatedAt, ID: c.ID} }

// older orders contacts by age.
func older(a, b *Contact) int { return a.age().Compare(b.age()) }

func (c *Contact) member() identity.Member {
	return identity.Member{Age: c.age(), Email: c.Email, Phone: c.Phone}
}

// earlier returns the earlier of two times of which zero means now.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
