package lookup

import (
	"context"
	"slices"
	"time"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

// Contact is a contact with its cluster.
type Contact struct {
	ID      uint64 // the contact that was looked up
	Cluster identity.Cluster
	Members []Member // from the oldest to the newest; the first is the primary
}

// Member is one contact of a cluster. Email or Phone is "" if it does not hold one.
type Member struct {
	ID                   uint64
	Email, Phone         string
	Primary              bool
	FirstPrimaryID       uint64 // the primary under which it was first stored; itself if it was a primary
	CreatedAt, UpdatedAt time.Time
}

// readContact runs one statement, so it sees one snapshot even outside a transaction.
func readContact(ctx context.Context, q *store.Queries, ref Ref) (Contact, error) {
	rows, err := listCluster(ctx, q, ref)
	if err != nil {
		return Contact{}, mysql.Translate(err)
	}
	var c Contact
	for _, r := range rows {
		if r.DeletedAt != nil {
			if r.ID == ref.ID {
				return Contact{}, identity.ContactErased(r.ID, *r.DeletedAt)
			}
			continue
		}
		m := memberOf(r)
		c.Members = append(c.Members, m)
		if ref.matches(m) {
			c.ID = m.ID
		}
	}
	if c.ID == 0 {
		return Contact{}, notFound(ref)
	}
	slices.SortFunc(c.Members, func(a, b Member) int { return a.age().Compare(b.age()) })
	c.Cluster = identity.NewCluster(c.Members, Member.member)
	return c, nil
}

func listCluster(ctx context.Context, q *store.Queries, ref Ref) ([]store.ListClusterOfRow, error) {
	var rows []store.ListClusterOfRow
	switch {
	case ref.ID != 0:
		return q.ListClusterOf(ctx, store.ListClusterOfParams{ID: ref.ID})
	case ref.Email != "":
		found, err := q.ListClusterOfEmail(ctx, store.ListClusterOfEmailParams{Email: &ref.Email})
		for _, r := range found {
			rows = append(rows, store.ListClusterOfRow(r))
		}
		return rows, err
	default:
		found, err := q.ListClusterOfPhoneNumber(ctx, store.ListClusterOfPhoneNumberParams{PhoneNumber: &ref.Phone})
		for _, r := range found {
			rows = append(rows, store.ListClusterOfRow(r))
		}
		return rows, err
	}
}

func memberOf(r store.ListClusterOfRow) Member {
	m := Member{
		ID: r.ID, Email: text(r.Email), Phone: text(r.PhoneNumber), Primary: r.LinkedID == nil, FirstPrimaryID: r.ID,
		CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
	if r.FirstLinkedID != nil {
		m.FirstPrimaryID = *r.FirstLinkedID
	}
	return m
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// matches reports whether ref refers to m.
func (ref Ref) matches(m Member) bool {
	switch {
	case ref.ID != 0:
		return m.ID == ref.ID
	case ref.Email != "":
		return m.Email == ref.Email
	default:
		return m.Phone == ref.Phone
	}
}

func (m Member) age() identity.Age { return identity.Age{CreatedAt: m.CreatedAt, ID: m.ID} }

func (m Member) member() identity.Member {
	return identity.Member{Age: m.age(), Email: m.Email, Phone: m.Phone}
}

func notFound(ref Ref) error {
	e := &identity.Error{Code: identity.CodeRecordNotFound}
	switch {
	case ref.ID != 0:
		return identity.NoContact(ref.ID)
	case ref.Email != "":
		e.Field, e.Detail = identity.FieldEmail, "No contact has this e-mail address."
	default:
		e.Field, e.Detail = identity.FieldPhone, "No contact has this phone number."
	}
	return e
}
