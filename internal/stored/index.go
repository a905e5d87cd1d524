package stored

import (
	"context"
	"slices"
	"strings"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/store"
)

const (
	// maxScan is how many entries of an index are read to find the values of one chunk among them. To
	// look up a value costs about five times as much as to read an entry.
	maxScan = 4 * store.ChunkSize
	// sparse is how many chunks are looked up value by value after maxScan entries were not enough.
	sparse = 16
)

// index is the index of the e-mail addresses or that of the phone numbers.
type index struct {
	find    func(context.Context, []*string) ([]entry, error)
	between func(ctx context.Context, first, last *string) ([]entry, error) // in order, at most maxScan
	skip    int                                                             // chunks that are not scanned
}

// entry is a value and the contact that holds it.
type entry struct {
	Value *string
	ID    uint64
}

func emailIndex(q *store.Queries) *index {
	return &index{
		find: func(ctx context.Context, emails []*string) ([]entry, error) {
			return entries(q.FindEmails(ctx, emails))
		},
		between: func(ctx context.Context, first, last *string) ([]entry, error) {
			return entries(q.ListEmailsBetween(ctx, store.ListEmailsBetweenParams{First: first, Last: last, Limit: maxScan}))
		},
	}
}

func phoneIndex(q *store.Queries) *index {
	return &index{
		find: func(ctx context.Context, phones []*string) ([]entry, error) {
			return entries(q.FindPhoneNumbers(ctx, phones))
		},
		between: func(ctx context.Context, first, last *string) ([]entry, error) {
			return entries(q.ListPhoneNumbersBetween(ctx, store.ListPhoneNumbersBetweenParams{First: first, Last: last, Limit: maxScan}))
		},
	}
}

func entries[R ~struct {
	Value *string
	ID    uint64
}](rows []R, err error) ([]entry, error) {
	all := make([]entry, len(rows))
	for i, r := range rows {
		all[i] = entry(r)
	}
	return all, err
}

// lookUp returns the contacts that hold the values, which must ascend.
func (x *index) lookUp(ctx context.Context, values []*string) (map[string]uint64, error) {
	found := make(map[string]uint64)
	for chunk := range slices.Chunk(values, store.ChunkSize) {
		entries, err := limited(ctx, func(ctx context.Context) ([]entry, error) { return x.read(ctx, chunk) })
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if _, wanted := slices.BinarySearchFunc(chunk, *e.Value, compareTo); wanted {
				found[*e.Value] = e.ID
			}
		}
	}
	return found, nil
}

func compareTo(v *string, value string) int { return strings.Compare(*v, value) }

// read returns the entries of values, and perhaps others. Where the table has few others between them it
// scans the index, which is much cheaper.
func (x *index) read(ctx context.Context, values []*string) ([]entry, error) {
	if x.skip > 0 {
		x.skip--
		return x.find(ctx, values)
	}
	scanned, err := x.between(ctx, values[0], values[len(values)-1])
	if err != nil || len(scanned) < maxScan {
		return scanned, err
	}
	x.skip = sparse
	return x.find(ctx, values)
}

// distinct lists the values that pick returns, each once, in ascending order, without "".
func distinct(observations []identity.Observation, pick func(identity.Observation) string) []*string {
	values := make([]string, 0, len(observations))
	for _, o := range observations {
		if v := pick(o); v != "" {
			values = append(values, v)
		}
	}
	slices.Sort(values)
	values = slices.Compact(values)
	pointers := make([]*string, len(values))
	for i := range values {
		pointers[i] = &values[i]
	}
	return pointers
}
