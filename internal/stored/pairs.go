package stored

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/store"
)

// readers is how many statements read pairs at a time.
const readers = 2

// readPairs reads which pairs of stored values are recorded. One that is in one contact is read only for
// its time.
func (s *search) readPairs(ctx context.Context) error {
	var ask []store.Pair
	for _, o := range s.observations {
		p := s.pair(o)
		if p.EmailContactID != 0 && p.PhoneContactID != 0 && (p.EmailContactID != p.PhoneContactID || !o.SeenAt.IsZero()) {
			ask = append(ask, p)
		}
	}
	slices.SortFunc(ask, comparePairs)
	ask = slices.Compact(ask)
	parts := slices.Collect(slices.Chunk(ask, max(store.ChunkSize, (len(ask)+readers-1)/readers)))
	found, errs := make([]map[store.Pair]store.SeenPair, len(parts)), make([]error, len(parts))
	var group sync.WaitGroup
	for i, part := range parts {
		group.Go(func() { found[i], errs[i] = (&pairIndex{q: s.q}).lookUp(ctx, part) })
	}
	group.Wait()
	s.recorded = found
	return errors.Join(errs...)
}

// record returns what is recorded of a pair.
func (s *search) record(p store.Pair) (seen store.SeenPair, recorded bool) {
	for _, part := range s.recorded {
		if seen, recorded = part[p]; recorded {
			break
		}
	}
	return seen, recorded
}

func comparePairs(a, b store.Pair) int { // as the index is ordered
	return cmp.Or(cmp.Compare(a.EmailContactID, b.EmailContactID), cmp.Compare(a.PhoneContactID, b.PhoneContactID))
}

// pairIndex is the index of the observations. Like index, it is scanned where the table has few others
// between the pairs asked for.
type pairIndex struct {
	q    *store.Queries
	skip int
}

// lookUp returns what is recorded of pairs, which must ascend.
func (x *pairIndex) lookUp(ctx context.Context, pairs []store.Pair) (map[store.Pair]store.SeenPair, error) {
	found := make(map[store.Pair]store.SeenPair, len(pairs))
	for chunk := range slices.Chunk(pairs, store.ChunkSize) {
		read, err := limited(ctx, func(ctx context.Context) ([]store.SeenPair, error) { return x.read(ctx, chunk) })
		if err != nil {
			return nil, err
		}
		for _, p := range read {
			if _, wanted := slices.BinarySearchFunc(chunk, p.Pair, comparePairs); wanted {
				found[p.Pair] = p
			}
		}
	}
	return found, nil
}

// read returns what is recorded of pairs, and perhaps of others.
func (x *pairIndex) read(ctx context.Context, pairs []store.Pair) ([]store.SeenPair, error) {
	if x.skip > 0 {
		x.skip--
		return x.find(ctx, pairs)
	}
	rows, err := x.q.ListPairsBetween(ctx, store.ListPairsBetweenParams{
		First: pairs[0].EmailContactID, Last: pairs[len(pairs)-1].EmailContactID, Limit: maxScan,
	})
	if err != nil {
		return nil, err
	}
	if len(rows) == maxScan {
		x.skip = sparse
		return x.find(ctx, pairs)
	}
	found := make([]store.SeenPair, len(rows))
	for i, r := range rows {
		found[i] = store.SeenPair{
			Pair:   store.Pair{EmailContactID: r.EmailContactID, PhoneContactID: r.PhoneContactID},
			SeenAt: r.FirstSeenAt, Withheld: identity.Reason(r.Withheld.ObservationsWithheld),
		}
	}
	return found, nil
}

func (x *pairIndex) find(ctx context.Context, pairs []store.Pair) ([]store.SeenPair, error) {
	rows, err := x.q.FindObservations(ctx, pairs)
	found := make([]store.SeenPair, len(rows))
	for i, r := range rows {
		found[i] = r.SeenPair
	}
	return found, err
}
