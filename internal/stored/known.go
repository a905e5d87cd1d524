package stored

import (
	"context"
	"slices"
	"time"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/store"
)

// isKnown reports whether linking the observation would change nothing.
func (s *search) isKnown(o identity.Observation) bool {
	email, phone := s.emails[o.Email], s.phones[o.Phone]
	if o.Email != "" && email == 0 || o.Phone != "" && phone == 0 {
		return false
	}
	if o.Email != "" && o.Phone != "" && !s.links(o) {
		return false
	}
	return s.isAsOld(email, o.SeenAt) && s.isAsOld(phone, o.SeenAt)
}

// links reports whether the pair is recorded as evidence, and not later than it was seen. A contact that
// holds both values is the evidence itself.
func (s *search) links(o identity.Observation) bool {
	pair := s.pair(o)
	recorded, ok := s.record(pair)
	if !ok {
		return pair.EmailContactID == pair.PhoneContactID
	}
	return recorded.Withheld == "" && (o.SeenAt.IsZero() || !asKept(o.SeenAt).Before(recorded.SeenAt))
}

func (s *search) isAsOld(contact uint64, at time.Time) bool {
	return contact == 0 || at.IsZero() || !asKept(at).Before(s.ages[contact].CreatedAt)
}

// asKept is a time as the database keeps it.
func asKept(at time.Time) time.Time { return at.Truncate(time.Microsecond) }

func (s *search) pair(o identity.Observation) store.Pair {
	return store.Pair{EmailContactID: s.emails[o.Email], PhoneContactID: s.phones[o.Phone]}
}

// readAges reads the primaries and ages of the contacts of some observations, unless they were read
// before.
func (s *search) readAges(ctx context.Context, of func(int, identity.Observation) bool) error {
	var ids []uint64
	add := func(id uint64) {
		if _, read := s.ages[id]; id != 0 && !read {
			ids = append(ids, id)
		}
	}
	for i, o := range s.observations {
		if of(i, o) {
			add(s.emails[o.Email])
			add(s.phones[o.Phone])
		}
	}
	slices.Sort(ids)
	found, err := store.InChunks(slices.Compact(ids), func(chunk []uint64) ([]store.ListAgesRow, error) {
		return limited(ctx, func(ctx context.Context) ([]store.ListAgesRow, error) { return s.q.ListAges(ctx, chunk) })
	})
	if s.ages == nil {
		s.ages = make(map[uint64]store.ListAgesRow, len(found))
	}
	for _, r := range found {
		s.ages[r.ID] = r
	}
	return err
}
