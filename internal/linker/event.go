package linker

import (
	"context"
	"slices"

	"github.com/identikit/identikit/internal/store"
)

// event is something that happened to a contact, which may still lack its id, as may its primary.
// observation is what caused it, or 0.
type event struct {
	kind             store.EventsKind
	contact, primary *contact
	observation      uint64
}

// writeEvents stores events in their order. Their contacts must have been stored.
func writeEvents(ctx context.Context, q *store.Queries, events []event) error {
	rows := make([]store.NewEvent, len(events))
	for i, e := range events {
		rows[i] = store.NewEvent{Kind: e.kind, ContactID: e.contact.id, PrimaryID: e.primary.id, ObservationID: e.observation}
	}
	for chunk := range slices.Chunk(rows, moveChunk) {
		if err := q.InsertEvents(ctx, chunk); err != nil {
			return err
		}
	}
	return nil
}
