package erasure

import (
	"context"
	"slices"
	"time"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/store"
)

// reason is what somebody wrote, by the id of the decision.
type reason struct {
	ID     uint64
	Reason string
}

// reasonTable is a table of decisions.
type reasonTable struct {
	list    func(ctx context.Context, after uint64) ([]reason, error)
	changed func(ctx context.Context, since time.Time) ([]reason, error)
	lock    func(ctx context.Context, ids []uint64) ([]reason, error)
	empty   func(ctx context.Context, ids []uint64) error
}

// reasonTables returns all of them, in the order in which reasons are locked.
func reasonTables(q *store.Queries) []reasonTable {
	return []reasonTable{separationReasons(q), blockReasons(q), retractionReasons(q)}
}

func separationReasons(q *store.Queries) reasonTable {
	return reasonTable{
		list: func(ctx context.Context, after uint64) ([]reason, error) {
			return reasons(q.ListSeparationReasons(ctx, store.ListSeparationReasonsParams{AfterID: after, Limit: store.ChunkSize}))
		},
		changed: func(ctx context.Context, since time.Time) ([]reason, error) {
			return reasons(q.ListChangedSeparationReasons(ctx, since))
		},
		lock: func(ctx context.Context, ids []uint64) ([]reason, error) {
			return reasons(q.LockSeparationReasons(ctx, ids))
		},
		empty: q.EmptySeparationReasons,
	}
}

func blockReasons(q *store.Queries) reasonTable {
	return reasonTable{
		list: func(ctx context.Context, after uint64) ([]reason, error) {
			return reasons(q.ListBlockReasons(ctx, store.ListBlockReasonsParams{AfterID: after, Limit: store.ChunkSize}))
		},
		changed: func(ctx context.Context, since time.Time) ([]reason, error) {
			return reasons(q.ListChangedBlockReasons(ctx, since))
		},
		lock: func(ctx context.Context, ids []uint64) ([]reason, error) {
			return reasons(q.LockBlockReasons(ctx, ids))
		},
		empty: q.EmptyBlockReasons,
	}
}

func retractionReasons(q *store.Queries) reasonTable {
	return reasonTable{
		list: func(ctx context.Context, after uint64) ([]reason, error) {
			return reasons(q.ListRetractionReasons(ctx, store.ListRetractionReasonsParams{AfterID: after, Limit: store.ChunkSize}))
		},
		changed: func(ctx context.Context, since time.Time) ([]reason, error) {
			return reasons(q.ListChangedRetractionReasons(ctx, since))
		},
		lock: func(ctx context.Context, ids []uint64) ([]reason, error) {
			return reasons(q.LockRetractionReasons(ctx, ids))
		},
		empty: q.EmptyRetractionReasons,
	}
}

func reasons[R ~struct {
	ID     uint64
	Reason string
}](rows []R, err error) ([]reason, error) {
	all := make([]reason, len(rows))
	for i, r := range rows {
		all[i] = reason(r)
	}
	return all, err
}

// scan returns the ids of the reasons that mention value, page by page through the table.
func (t reasonTable) scan(ctx context.Context, value identity.Observation) ([]uint64, error) {
	var found []uint64
	for after := uint64(0); ; {
		page, err := t.list(ctx, after)
		if err != nil {
			return nil, err
		}
		found = append(found, mentioning(page, value)...)
		if len(page) < store.ChunkSize {
			return found, nil
		}
		after = page[len(page)-1].ID
	}
}

// forget empties the reasons that mention value, of those that were found and of those that changed
// since then.
func (t reasonTable) forget(ctx context.Context, value identity.Observation, since time.Time, found []uint64) error {
	changed, err := t.changed(ctx, since)
	if err != nil {
		return err
	}
	ids := append(slices.Clone(found), mentioning(changed, value)...)
	slices.Sort(ids)
	for chunk := range slices.Chunk(slices.Compact(ids), store.ChunkSize) {
		held, err := t.lock(ctx, chunk) // one that was found may say something else by now
		if err != nil {
			return err
		}
		if ids := mentioning(held, value); len(ids) > 0 {
			if err := t.empty(ctx, ids); err != nil {
				return err
			}
		}
	}
	return nil
}

// mentioning returns the ids of the reasons that mention value, in their order.
func mentioning(all []reason, value identity.Observation) []uint64 {
	var ids []uint64
	for _, r := range all {
		if identity.Mentions(r.Reason, value) {
			ids = append(ids, r.ID)
		}
	}
	return ids
}
