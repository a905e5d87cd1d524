// Package linkertest holds what every linker must do: an in-memory reference, a conformance suite,
// and checks of what is stored. It knows no database.
package linkertest

import (
	"context"
	"slices"
	"sync"

	"github.com/identikit/identikit/internal/identity"
)

// Row is one stored contact. Email and Phone are "" when absent, LinkedID is 0 for a primary.
type Row struct {
	ID           uint64
	Email, Phone string
	LinkedID     uint64
}

// Pair is one recorded observation, by the ids of the contacts that hold its values.
type Pair struct{ Email, Phone uint64 }

// Reference links in memory, one observation after the other, by the rules as the README states
// them and with no thought of speed. It is safe for concurrent use.
type Reference struct {
	mu    sync.Mutex
	first uint64
	rows  []Row // by id, without gaps
	pairs []Pair
}

// NewReference returns an empty reference whose first contact gets the given id.
func NewReference(first uint64) *Reference {
	return &Reference{first: first}
}

// Link never fails.
func (r *Reference) Link(_ context.Context, observations []identity.Observation) ([]identity.Cluster, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	clusters := make([]identity.Cluster, 0, len(observations))
	for _, o := range observations {
		clusters = append(clusters, r.cluster(r.link(o)))
	}
	return clusters, nil
}

// Rows returns all contacts by id.
func (r *Reference) Rows() []Row {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.rows)
}

// Pairs returns all observations in the order in which they were recorded.
func (r *Reference) Pairs() []Pair {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.pairs)
}

// link returns the id of the primary that o belongs to.
func (r *Reference) link(o identity.Observation) uint64 {
	email := r.find(func(row Row) bool { return o.Email != "" && row.Email == o.Email })
	phone := r.find(func(row Row) bool { return o.Phone != "" && row.Phone == o.Phone })
	switch {
	case email == nil && phone == nil:
		row := r.add(Row{Email: o.Email, Phone: o.Phone})
		email, phone = row, row
	case email == nil && o.Email != "":
		email = r.add(Row{Email: o.Email, LinkedID: root(*phone)})
	case phone == nil && o.Phone != "":
		phone = r.add(Row{Phone: o.Phone, LinkedID: root(*email)})
	case email != nil && phone != nil:
		r.merge(root(*email), root(*phone))
	}
	if o.Email != "" && o.Phone != "" {
		if pair := (Pair{email.ID, phone.ID}); !slices.Contains(r.pairs, pair) {
			r.pairs = append(r.pairs, pair)
		}
	}
	if email == nil {
		email = phone
	}
	return root(r.rows[email.ID-r.first]) // a merge moved it since it was found
}

func (r *Reference) find(match func(Row) bool) *Row {
	if i := slices.IndexFunc(r.rows, match); i >= 0 {
		row := r.rows[i]
		return &row
	}
	return nil
}

func (r *Reference) add(row Row) *Row {
	row.ID = r.first + uint64(len(r.rows))
	r.rows = append(r.rows, row)
	return &row
}

// merge hangs everything of the newer primary under the older one.
func (r *Reference) merge(a, b uint64) {
	older, newer := min(a, b), max(a, b)
	if older == newer {
		return
	}
	for i := range r.rows {
		if root(r.rows[i]) == newer {
			r.rows[i].LinkedID = older
		}
	}
}

func (r *Reference) cluster(primary uint64) identity.Cluster {
	c := identity.Cluster{PrimaryID: primary, Emails: []string{}, Phones: []string{}, SecondaryIDs: []uint64{}}
	for _, row := range r.rows {
		if root(row) != primary {
			continue
		}
		if row.Email != "" {
			c.Emails = append(c.Emails, row.Email)
		}
		if row.Phone != "" {
			c.Phones = append(c.Phones, row.Phone)
		}
		if row.ID != primary {
			c.SecondaryIDs = append(c.SecondaryIDs, row.ID)
		}
	}
	return c
}

func root(row Row) uint64 {
	if row.LinkedID != 0 {
		return row.LinkedID
	}
	return row.ID
}
