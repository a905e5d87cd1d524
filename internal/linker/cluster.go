package linker

import (
	"time"

	"github.com/identikit/identikit/internal/identity"
)

// contact is a stored row, or one that a plan adds; the id of the latter is 0 until it is inserted.
type contact struct {
	id           uint64
	email, phone string // "" when absent
	linkedID     uint64 // as stored; 0 for a primary
	isNew        bool   // a plan adds it
	unread       bool   // of a primary: it has secondaries that are not in the graph
	createdAt    time.Time
	seenAt       time.Time // of a new one: when it was first seen; zero for now
	readAt       time.Time // of a new one: when its row was read; zero for now
	aged         bool      // of a stored one: the plan made it older
	blocked      bool
	separated    bool // from another contact
	emails       int  // observations of its phone number; read if the policy limits them
	phones       int  // observations of its e-mail; likewise
	cluster      *cluster
}

// values counts the values of the contact. A tombstone has none.
func (c *contact) values() (n int) {
	for _, v := range [...]string{c.email, c.phone} {
		if v != "" {
			n++
		}
	}
	return n
}

// hasPrimary reports whether root is the stored primary of the contact.
func (c *contact) hasPrimary(root *contact) bool {
	if c == root {
		return c.linkedID == 0
	}
	return root.id != 0 && c.linkedID == root.id
}

func (c *contact) age() identity.Age { return identity.Age{CreatedAt: c.createdAt, ID: c.id} }

// older orders contacts by age.
func older(a, b *contact) int { return a.age().Compare(b.age()) }

// cluster is a connected component. members is only appended to, so that views of it stay valid.
type cluster struct {
	members []*contact
	root    *contact // the stored primary; nil when all members are new
	values  int
	unread  int   // of the values, those of members that were not read
	view    *view // of the current members; nil if none was asked for
}

// add puts a contact into the cluster.
func (cl *cluster) add(c *contact) {
	c.cluster = cl
	cl.members = append(cl.members, c)
	cl.values += c.values()
	cl.view = nil
}
