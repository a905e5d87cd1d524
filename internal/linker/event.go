package linker

import (
	"context"
	"slices"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/store"
)

// maxSet is the most events of one change set: readers read sets whole, and again for each page that begins
// or ends within one. What a group of requests writes fits into one.
const maxSet = 1000

// event is something that happened to a contact, which may still lack its id, as may its primary.
// observation is what caused it, or 0.
type event struct {
	kind             identity.EventKind
	contact, primary *contact
	observation      uint64
}

// writeEvents stores events in their order: all of them for the feed, in one row, and those that the
// contacts themselves do not show for their history. Their contacts must have been stored.
func writeEvents(ctx context.Context, q *store.Queries, events []event) error {
	all, rarer := make([]identity.Event, len(events)), []identity.Event(nil)
	for i, e := range events {
		all[i] = identity.Event{Kind: e.kind, ContactID: e.contact.id, PrimaryID: e.primary.id, ObservationID: e.observation}
		if !e.kind.IsOrigin() {
			rarer = append(rarer, all[i])
		}
	}
	for set := range slices.Chunk(all, maxSet) {
		if err := q.InsertChangeSet(ctx, set); err != nil {
			return err
		}
	}
	for chunk := range slices.Chunk(rarer, moveChunk) {
		if err := q.InsertHistory(ctx, chunk); err != nil {
			return err
		}
	}
	return nil
}
