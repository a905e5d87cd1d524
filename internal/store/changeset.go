package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/identikit/identikit/internal/identity"
)

// NumberedSet is a change set that has its number in the feed.
type NumberedSet struct {
	LastNumber uint64           // of the last of Events
	Events     []identity.Event // in their order, at least one
	KeyID      uint64           // the API key that decided them, or 0
	CreatedAt  time.Time
}

// InsertChangeSet records events, in their order, as one change set: the doing of an API key, nil for none.
// Without events it does nothing.
func (q *Queries) InsertChangeSet(ctx context.Context, events []identity.Event, key *uint64) error {
	if len(events) == 0 {
		return nil
	}
	return q.insertChangeSet(ctx, insertChangeSetParams{
		Size: uint32(len(events)), Events: encodeEvents(events), KeyID: key, //nolint:gosec // far fewer than four billion
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

// decodeEvents reads what encodeEvents wrote.
func decodeEvents(text string) ([]identity.Event, error) {
	var arrays []eventArray
	if err := json.Unmarshal([]byte(text), &arrays); err != nil {
		return nil, err
	}
	events := make([]identity.Event, len(arrays))
	for i, a := range arrays {
		events[i] = identity.Event(a)
	}
	return events, nil
}

// eventArray is an event that JSON has as an array.
type eventArray identity.Event

// UnmarshalJSON reads the elements of the array. A missing observation leaves 0.
func (e *eventArray) UnmarshalJSON(text []byte) error {
	return json.Unmarshal(text, &[...]any{&e.Kind, &e.ContactID, &e.PrimaryID, &e.ObservationID})
}

// ListChangeSets returns the change sets with the next events of the feed, in order and whole: the
// first may begin with events up to the given number, the last may go on after the limit. limit must
// be positive. The error of a damaged set is an *identity.Error.
func (q *Queries) ListChangeSets(ctx context.Context, after uint64, limit int) ([]NumberedSet, error) {
	upTo := after + uint64(limit) //nolint:gosec // positive
	rows, err := q.listChangeSets(ctx, listChangeSetsParams{AfterNumber: &after, UpTo: &upTo})
	if err != nil {
		return nil, err
	}
	sets := make([]NumberedSet, len(rows))
	for i, r := range rows {
		events, err := decodeEvents(r.Events)
		if err == nil && len(events) != int(r.Size) {
			err = fmt.Errorf("%d events instead of %d", len(events), r.Size)
		}
		if err != nil {
			return nil, &identity.Error{Code: identity.CodeInternal, Err: fmt.Errorf("change set %d: %w", r.ID, err)}
		}
		sets[i] = NumberedSet{LastNumber: *r.LastNumber, Events: events, CreatedAt: r.CreatedAt}
		if r.KeyID != nil {
			sets[i].KeyID = *r.KeyID
		}
	}
	return sets, nil
}
