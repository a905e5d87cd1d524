package ledger

import (
	"context"
	"slices"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
)

// maxSet is the most events of one change set: readers read sets whole, and again for each page that begins
// or ends within one. What a group of requests writes fits into one.
const maxSet = 1000

// Tell adds events to those of the transaction. Their contacts must have their ids when it ends.
func (tx *Tx) Tell(events ...cluster.Event) {
	tx.events = append(tx.events, events...)
	tx.writes = tx.writes || len(events) > 0
}

// writeEvents stores the events in their order: all of them for the feed, in one row, and those that the
// contacts themselves do not show for their history. All of them are the doing of the key that ctx names.
func (tx *Tx) writeEvents(ctx context.Context) error {
	actor := identity.ActorOf(ctx)
	all, rarer := make([]identity.Event, len(tx.events)), []identity.Event(nil)
	for i, e := range tx.events {
		all[i] = e.Stored()
		if !e.Kind.IsOrigin() {
			rarer = append(rarer, all[i])
		}
	}
	for set := range slices.Chunk(all, maxSet) {
		if err := tx.Queries.InsertChangeSet(ctx, set, actor); err != nil {
			return err
		}
	}
	for chunk := range slices.Chunk(rarer, moveChunk) {
		if err := tx.Queries.InsertHistory(ctx, chunk, actor); err != nil {
			return err
		}
	}
	return nil
}
