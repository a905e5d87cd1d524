package store

import (
	"context"
	"strconv"

	"github.com/identikit/identikit/internal/identity"
)

// InsertChangeSet records events, in their order, as one change set. Without events it does nothing.
func (q *Queries) InsertChangeSet(ctx context.Context, events []identity.Event) error {
	if len(events) == 0 {
		return nil
	}
	return q.insertChangeSet(ctx, insertChangeSetParams{
		Size: uint32(len(events)), Events: encodeEvents(events), //nolint:gosec // far fewer than four billion
	})
}

// encodeEvents returns the text of a change set, such as [["created",7,7],["merged",7,1,9]]. A kind
// consists of letters and underscores, which need no escape.
func encodeEvents(events []identity.Event) string {
	const usual = 32 // bytes of an event
	text := make([]byte, 0, usual*len(events))
	for _, e := range events {
		text = append(text, `,["`...)
		text = append(text, e.Kind...)
		text = append(text, '"')
		text = appendID(text, e.ContactID)
		text = appendID(text, e.PrimaryID)
		if e.ObservationID != 0 {
			text = appendID(text, e.ObservationID)
		}
		text = append(text, ']')
	}
	text[0] = '[' // instead of a comma
	return string(append(text, ']'))
}

func appendID(text []byte, id uint64) []byte {
	return strconv.AppendUint(append(text, ','), id, 10)
}
