package survey

import (
	"context"
	"math"
	"time"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/store"
)

const (
	shown      = 20        // clusters and hubs of a result
	candidates = 2 * shown // that are counted again at the end, because others may have shrunk meanwhile
	leastHub   = 3         // observations; two are common, and join nobody by themselves
)

// scan is one survey while it runs.
type scan struct {
	*Surveyor
	claim   uint64
	largest uint64 // the largest id of a contact at the beginning, of which percent is a part
	percent uint8
	chunk   int32 // how many entries of an index one statement reads
	renewed time.Time
}

// found is the result of a survey, as it is stored.
type found struct {
	Clusters []foundCluster `json:"clusters"`
	Hubs     []foundHub     `json:"hubs"`
}

type foundCluster struct {
	PrimaryID uint64 `json:"primary"`
	Contacts  int    `json:"contacts"`
}

// foundHub is a value by the contact that has it, and by one of its observations: when a contact is divided,
// its value gets another contact, and the observation leads to that.
type foundHub struct {
	Field         identity.Field `json:"field"`
	ContactID     uint64         `json:"contact"`
	ObservationID uint64         `json:"observation"`
	Observations  int            `json:"observations"`
}

// all goes through the three indexes, one after the other.
func (s *scan) all(ctx context.Context) (found, error) {
	err := s.step(ctx, func(ctx context.Context, q *store.Queries) error {
		id, err := q.FindLargestContactID(ctx)
		s.largest = uint64(id) //nolint:gosec // an id is not negative
		return err
	})
	if err != nil {
		return found{}, err
	}
	largest, hubs := top{size: candidates, least: 1}, top{size: candidates, least: leastHub}
	for part, one := range []struct {
		index
		into *top
	}{{clusters(), &largest}, {emails(), &hubs}, {phones(), &hubs}} {
		if err := s.through(ctx, one.index, one.into, part); err != nil {
			return found{}, err
		}
	}
	return s.result(ctx, largest, hubs)
}

// through counts the members of all groups of an index. A chunk ends before the group of the entry that is
// chunk entries away; that group is counted on its own, in as many chunks as it takes.
func (s *scan) through(ctx context.Context, in index, into *top, part int) error {
	for after := uint64(0); ; {
		var bound uint64
		var groups []group
		err := s.step(ctx, func(ctx context.Context, q *store.Queries) (err error) {
			if bound, err = in.bound(ctx, q, after, s.chunk); err != nil {
				return err
			}
			end := bound
			if bound == 0 {
				end = math.MaxInt64
			}
			groups, err = in.between(ctx, q, after, end, into.enough())
			return err
		})
		if err != nil {
			return err
		}
		for _, g := range groups {
			into.add(g)
		}
		if bound == 0 {
			s.advance(part, s.largest)
			return nil
		}
		n, err := s.count(ctx, in, bound)
		if err != nil {
			return err
		}
		into.add(group{bound, in.field, n})
		after = bound
		s.advance(part, after)
	}
}

// advance notes how far the survey is: at a group of one of the three parts.
func (s *scan) advance(part int, at uint64) {
	s.percent = uint8(min(99, 100*(uint64(part)*s.largest+at)/max(1, 3*s.largest))) //nolint:gosec // below 100
}

// count counts the members of one group.
func (s *scan) count(ctx context.Context, in index, id uint64) (total int, err error) {
	for after := uint64(0); ; {
		var n, most int
		var last uint64
		err := s.step(ctx, func(ctx context.Context, q *store.Queries) (err error) {
			most = int(s.chunk)
			n, last, err = in.next(ctx, q, id, after, s.chunk)
			return err
		})
		if err != nil {
			return 0, err
		}
		if total += n; n < most {
			return total, nil
		}
		after = last
	}
}

// result counts the candidates again and returns the largest ones.
func (s *scan) result(ctx context.Context, largest, hubs top) (f found, err error) {
	of := map[identity.Field]index{"": clusters(), identity.FieldEmail: emails(), identity.FieldPhone: phones()}
	for _, t := range []*top{&largest, &hubs} {
		again := top{size: shown, least: t.least}
		for _, g := range t.groups {
			if g.members, err = s.count(ctx, of[g.field], g.id); err != nil {
				return f, err
			}
			again.add(g)
		}
		*t = again
	}
	f = found{Clusters: []foundCluster{}, Hubs: []foundHub{}}
	for _, g := range largest.groups {
		f.Clusters = append(f.Clusters, foundCluster{g.id, g.members + 1}) // the primary is not in the index
	}
	for _, g := range hubs.groups {
		h := foundHub{Field: g.field, ContactID: g.id, Observations: g.members}
		err := s.step(ctx, func(ctx context.Context, q *store.Queries) (err error) {
			if g.field == identity.FieldEmail {
				h.ObservationID, err = q.FindObservationOfEmail(ctx, g.id)
			} else {
				h.ObservationID, err = q.FindObservationOfPhoneNumber(ctx, g.id)
			}
			return orNone(err)
		})
		if err != nil {
			return f, err
		}
		f.Hubs = append(f.Hubs, h)
	}
	return f, nil
}
