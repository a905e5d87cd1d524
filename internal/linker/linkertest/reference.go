// Package linkertest holds what every linker must do: an in-memory model, a conformance suite, and
// checks of what is stored. It knows no database.
package linkertest

import (
	"context"
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

// Reference is a Model as a Linker, safe for concurrent use.
type Reference struct {
	mu    sync.Mutex
	model *Model
}

// NewReference returns an empty reference whose contacts get ids from the given one on, without gaps.
func NewReference(first uint64) *Reference { return NewReferenceWith(IDs{first, 1}) }

// NewReferenceWith returns an empty reference whose contacts get the given ids.
func NewReferenceWith(ids IDs) *Reference { return &Reference{model: NewModel(ids)} }

// Link never fails.
func (r *Reference) Link(_ context.Context, observations []identity.Observation) ([]identity.Cluster, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.model.Link(observations), nil
}

// Learn is Link without answers, which is much faster.
func (r *Reference) Learn(observations []identity.Observation) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.model.Learn(observations)
}

// Rows returns all contacts by age.
func (r *Reference) Rows() []Row {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.model.Rows()
}

// Pairs returns all observations in the order in which they were recorded.
func (r *Reference) Pairs() []Pair {
	r.mu.Lock()
	defer r.mu.Unlock()
	var pairs []Pair
	for _, o := range r.model.Evidence() {
		pairs = append(pairs, Pair{o.Email, o.Phone})
	}
	return pairs
}

func root(row Row) uint64 {
	if row.LinkedID != 0 {
		return row.LinkedID
	}
	return row.ID
}
