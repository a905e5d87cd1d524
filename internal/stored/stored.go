// Package stored finds out which observations the database holds already: hundreds of thousands in
// one call, without locks. What it returns may have changed since, so it must not decide what is
// written: it shows what need not be written, and where a writer has to look again under locks.
package stored

import (
	"context"
	"database/sql"
	"sync"
	"time"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

// Contact is a stored contact and the primary of its cluster, which may be itself. The zero value is
// none.
type Contact struct{ ID, PrimaryID uint64 }

// Found is what is stored of an observation.
type Found struct {
	// Known reports that the observation adds nothing: its values are stored, and so is the pair if it
	// has both, which links them, and nothing of it is younger than SeenAt. The contacts are not set.
	Known bool
	// Email and Phone are the contacts that hold the two values, zero for a value that is new or absent.
	Email, Phone Contact
}

// Finder finds observations in one database. It is safe for concurrent use.
type Finder struct{ db *sql.DB }

// New returns a Finder on a migrated database.
func New(db *sql.DB) *Finder { return &Finder{db: db} }

// Find returns what is stored of each observation, and the time of the database before it looked. The
// observations must be normalized. Errors are *identity.Error.
//
// The statements see different states if others write meanwhile. An observation that is Known was
// stored at some moment of the call. Memory is proportional to the observations.
func (f *Finder) Find(ctx context.Context, observations []identity.Observation) (now time.Time, found []Found, err error) {
	q := store.New(f.db)
	if now, err = q.FindNow(ctx); err != nil {
		return now, nil, mysql.Translate(err)
	}
	s := &search{q: q, observations: observations}
	if err := s.run(ctx); err != nil {
		return now, nil, mysql.Translate(err)
	}
	return now, s.found, nil
}

// statementTimeout is for a server that neither answers nor closes the connection. All statements of a
// call together may take longer: on a slow disk a look-up of 250,000 values takes minutes.
const statementTimeout = 2 * time.Minute

// limited runs one statement.
func limited[R any](ctx context.Context, read func(context.Context) ([]R, error)) ([]R, error) {
	ctx, cancel := context.WithTimeout(ctx, statementTimeout)
	defer cancel()
	return read(ctx)
}

// search is one call of Find.
type search struct {
	q            *store.Queries
	observations []identity.Observation
	found        []Found

	emails, phones map[string]uint64 // contacts by value
	ages           map[uint64]store.ListAgesRow
	recorded       []map[store.Pair]store.SeenPair
}

func (s *search) run(ctx context.Context) error {
	if err := s.findValues(ctx); err != nil {
		return err
	}
	if err := s.readPairs(ctx); err != nil {
		return err
	}
	if err := s.readAges(ctx, func(_ int, o identity.Observation) bool { return !o.SeenAt.IsZero() }); err != nil {
		return err
	}
	s.found = make([]Found, len(s.observations))
	for i, o := range s.observations {
		s.found[i].Known = s.isKnown(o)
	}
	if err := s.readAges(ctx, func(i int, _ identity.Observation) bool { return !s.found[i].Known }); err != nil {
		return err
	}
	for i, o := range s.observations {
		if !s.found[i].Known {
			s.found[i].Email, s.found[i].Phone = s.contact(s.emails[o.Email]), s.contact(s.phones[o.Phone])
		}
	}
	return nil
}

// findValues finds the contacts of all values: e-mail addresses and phone numbers at the same time.
func (s *search) findValues(ctx context.Context) (err error) {
	var group sync.WaitGroup
	var failed error
	group.Go(func() {
		s.phones, failed = phoneIndex(s.q).lookUp(ctx, distinct(s.observations, func(o identity.Observation) string { return o.Phone }))
	})
	s.emails, err = emailIndex(s.q).lookUp(ctx, distinct(s.observations, func(o identity.Observation) string { return o.Email }))
	group.Wait()
	if err == nil {
		err = failed
	}
	return err
}

// contact returns a contact with its primary. A contact that was not read, which no caller needs, is
// returned as none.
func (s *search) contact(id uint64) Contact {
	if id == 0 {
		return Contact{}
	}
	return Contact{ID: id, PrimaryID: s.ages[id].PrimaryID}
}
