package linker

import (
	"time"

	"github.com/identikit/identikit/internal/identity"
)

// contact is a node: a stored row, or one that a plan adds, whose id is 0 until it is inserted.
type contact struct {
	id           uint64
	email, phone string // "" when absent
	linkedID     uint64 // as stored; 0 for a primary
	isNew        bool   // a plan adds it
	unread       bool   // of a primary: it has secondaries that are not in the graph
	createdAt    time.Time
	seenAt       time.Time // of a new one: its age from above; zero for now
	aged         bool      // of a stored one: the plan made it older
	blocked      bool
	separated    bool // from somebody
	emails       int  // that came with its phone number; known where a policy bounds it
	phones       int  // that came with its e-mail; likewise
	cluster      *cluster
}

// values counts what the contact holds: nothing when it is a tombstone.
func (c *contact) values() (n int) {
	for _, v := range [...]string{c.email, c.phone} {
		if v != "" {
			n++
		}
	}
	return n
}

// isUnder tells whether the contact is stored under that primary, or as that primary.
func (c *contact) isUnder(root *contact) bool {
	if c == root {
		return c.linkedID == 0
	}
	return root.id != 0 && c.linkedID == root.id
}

func (c *contact) age() identity.Age { return identity.Age{CreatedAt: c.createdAt, ID: c.id} }

// older orders contacts by age.
func older(a, b *contact) int { return a.age().Compare(b.age()) }

// cluster is a connected component. members is only ever appended to, so that a view of it stays
// what it was.
type cluster struct {
	members []*contact
	root    *contact // the stored primary; nil when all members are new
	values  int
	unread  int   // of the values, those of members that were not read
	view    *view // of the members as they are now; nil when nobody looked yet
}

// add puts a contact into the cluster.
func (cl *cluster) add(c *contact) {
	c.cluster = cl
	cl.members = append(cl.members, c)
	cl.values += c.values()
	cl.view = nil
}
