package ledger

import (
	"context"
	"slices"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/store"
)

// Tell adds events to those of the transaction. Their contacts must have their ids when it ends.
func (tx *Tx) Tell(events ...cluster.Event) { tx.events = append(tx.events, events...) }

func (tx *Tx) writeEvents(ctx context.Context) error {
	rows := make([]store.NewEvent, len(tx.events))
	for i, e := range tx.events {
		rows[i] = store.NewEvent{
			Kind: store.EventsKind(e.Kind), ContactID: e.Contact.ID, PrimaryID: e.Primary.ID, ObservationID: e.Observation,
		}
	}
	for chunk := range slices.Chunk(rows, moveChunk) {
		if err := tx.Queries.InsertEvents(ctx, chunk); err != nil {
			return err
		}
	}
	return nil
}
