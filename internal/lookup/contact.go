package lookup

import (
	"context"
	"slices"
	"time"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

// Contact is a contact among those that are the same person.
type Contact struct {
	ID      uint64 // the one asked for
	Cluster identity.Cluster
	Members []Member // by age, the primary first
}

// Member is one contact of a cluster. Email or Phone is "" when it does not hold one.
type Member struct {
	ID                   uint64
	Email, Phone         string
	Primary              bool
	CreatedAt, UpdatedAt time.Time
}

// readContact sees one moment, also outside of a transaction.
func readContact(ctx context.Context, q *store.Queries, w Whom) (Contact, error) {
	rows, err := listCluster(ctx, q, w)
	if err != nil {
		return Contact{}, mysql.Translate(err)
	}
	var c Contact
	for _, r := range rows {
		if r.DeletedAt != nil {
			if r.ID == w.ID {
				return Contact{}, identity.ContactErased(r.ID, *r.DeletedAt)
			}
			continue
		}
		m := memberOf(r)
		c.Members = append(c.Members, m)
		if w.names(m) {
			c.ID = m.ID
		}
	}
	if c.ID == 0 {
		return Contact{}, notFound(w)
	}
	slices.SortFunc(c.Members, func(a, b Member) int { return a.age().Compare(b.age()) })
	c.Cluster = identity.NewCluster(c.Members, Member.member)
	return c, nil
}

func listCluster(ctx context.Context, q *store.Queries, w Whom) ([]store.ListClusterOfRow, error) {
	var rows []store.ListClusterOfRow
	switch {
	case w.ID != 0:
		return q.ListClusterOf(ctx, store.ListClusterOfParams{ID: w.ID})
	case w.Email != "":
		found, err := q.ListClusterOfEmail(ctx, store.ListClusterOfEmailParams{Email: &w.Email})
		for _, r := range found {
			rows = append(rows, store.ListClusterOfRow(r))
		}
		return rows, err
	default:
		found, err := q.ListClusterOfPhoneNumber(ctx, store.ListClusterOfPhoneNumberParams{PhoneNumber: &w.Phone})
		for _, r := range found {
			rows = append(rows, store.ListClusterOfRow(r))
		}
		return rows, err
	}
}

func memberOf(r store.ListClusterOfRow) Member {
	return Member{
		ID: r.ID, Email: text(r.Email), Phone: text(r.PhoneNumber), Primary: r.LinkedID == nil,
		CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// names tells whether it is m that w means.
func (w Whom) names(m Member) bool {
	switch {
	case w.ID != 0:
		return m.ID == w.ID
	case w.Email != "":
		return m.Email == w.Email
	default:
		return m.Phone == w.Phone
	}
}

func (m Member) age() identity.Age { return identity.Age{CreatedAt: m.CreatedAt, ID: m.ID} }

func (m Member) member() identity.Member {
	return identity.Member{Age: m.age(), Email: m.Email, Phone: m.Phone}
}

func notFound(w Whom) error {
	e := &identity.Error{Code: identity.CodeNotFound}
	switch {
	case w.ID != 0:
		return identity.NoContact(w.ID)
	case w.Email != "":
		e.Field, e.Detail = identity.FieldEmail, "No contact has this e-mail address."
	default:
		e.Field, e.Detail = identity.FieldPhone, "No contact has this phone number."
	}
	return e
}
