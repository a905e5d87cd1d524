package identity

import (
	"cmp"
	"time"
)

// Cluster is one person: every contact that is connected through shared
// identifiers, under the oldest of them.
//
// Each list starts with the primary contact's own value, where it has one, and
// goes on in the order (created_at, id) of the contacts. There are no repeats,
// and no list is ever nil.
type Cluster struct {
	PrimaryID    uint64
	Emails       []string
	Phones       []string
	SecondaryIDs []uint64

	// Refused tells what of the observation was not linked; nil when all was.
	// When nothing of it could be, PrimaryID is 0 and the lists are nil.
	Refused []Refusal
}

// Member is a contact as part of a cluster. Email or Phone is "" when it does not hold one.
type Member struct {
	Age
	Email, Phone string
}

// Age orders contacts by (created_at, id). The oldest of a cluster is its primary. A contact that is not
// stored yet has the id 0, and is younger than all stored ones of the same time: it will have the
// largest id.
type Age struct {
	CreatedAt time.Time
	ID        uint64
}

// Compare returns a negative number when a is older than b, a positive one when b is older, and 0 when
// they are the same contact.
func (a Age) Compare(b Age) int {
	return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID-1, b.ID-1)) // 0-1 is the largest number
}

// NewCluster returns the cluster of contacts, which must be in the order of their age and not empty.
func NewCluster[C any](contacts []C, member func(C) Member) Cluster {
	c := Cluster{
		PrimaryID:    member(contacts[0]).ID,
		Emails:       make([]string, 0, len(contacts)),
		Phones:       make([]string, 0, len(contacts)),
		SecondaryIDs: make([]uint64, 0, len(contacts)-1),
	}
	for i, contact := range contacts {
		m := member(contact)
		if m.Email != "" {
			c.Emails = append(c.Emails, m.Email)
		}
		if m.Phone != "" {
			c.Phones = append(c.Phones, m.Phone)
		}
		if i > 0 {
			c.SecondaryIDs = append(c.SecondaryIDs, m.ID)
		}
	}
	return c
}
