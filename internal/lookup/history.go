package lookup

import (
	"context"
	"slices"
	"time"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/store"
)

// Event is a change of a cluster.
type Event struct {
	Kind          string // as in the schema: created, linked, merged, split …
	ContactID     uint64 // the contact affected: for a merge, the absorbed primary; for a split, the new one
	PrimaryID     uint64 // of its cluster: for a merge, the survivor; for a split, the one that it left
	ObservationID uint64 // the cause; 0 if there is none or it is not known
	KeyID         uint64 // the API key that decided it; 0 for what was observed, or without a key
	At            time.Time
	at            position
}

// The sources of a history's entries, in the order of entries with the same time: the origin of a
// contact comes before the events that affected it.
const (
	fromContacts = iota
	fromHistory
)

// History returns the history of a contact's cluster, oldest first, and the start of the next page,
// or "" after the last one: how each contact was first stored, by its age, and the events that affected
// it. A contact that took over a value of another one has no entry by its age, but the event of that. A
// malformed page.After is CodeInvalidRequest.
func (r *Reader) History(ctx context.Context, id uint64, page Page) (events []Event, next string, err error) {
	from, err := page.start()
	if err != nil {
		return nil, "", err
	}
	err = r.atOnce(ctx, func(ctx context.Context, q *store.Queries) error {
		c, err := readContact(ctx, q, Ref{ID: id})
		if err != nil {
			return err
		}
		ids := idsOf(c.Members, func(Member) bool { return true })
		if events, err = listHistory(ctx, q, ids, from, page.Limit+1); err != nil {
			return err
		}
		divided, err := store.InChunks(ids, func(ids []uint64) ([]uint64, error) { return q.ListDivided(ctx, ids) })
		if err != nil {
			return err
		}
		slices.Sort(divided)
		for _, m := range c.Members {
			_, shown := slices.BinarySearch(divided, m.ID)
			if e := originOf(m); !shown && e.at.compare(from) > 0 {
				events = append(events, e)
			}
		}
		slices.SortFunc(events, func(a, b Event) int { return a.at.compare(b.at) })
		events, next = cut(page, events, func(e Event) position { return e.at })
		return nil
	})
	return events, next, err
}

// listHistory returns the next limit events or more of the contacts, without their origins.
func listHistory(ctx context.Context, q *store.Queries, ids []uint64, from position, limit int32) ([]Event, error) {
	if from.source == fromContacts {
		from.id = 0
	}
	ofContacts, err := store.InChunks(ids, func(ids []uint64) ([]store.History, error) {
		return q.ListHistoryOfContacts(ctx, store.ListHistoryOfContactsParams{
			ContactIds: ids, After: from.at, AfterID: from.id, Limit: limit,
		})
	})
	if err != nil {
		return nil, err
	}
	ofPrimaries, err := store.InChunks(ids, func(ids []uint64) ([]store.History, error) {
		return q.ListHistoryOfPrimaries(ctx, store.ListHistoryOfPrimariesParams{
			PrimaryIds: ids, After: from.at, AfterID: from.id, Limit: limit,
		})
	})
	if err != nil {
		return nil, err
	}
	events := make([]Event, 0, len(ofContacts)+len(ofPrimaries))
	for _, r := range slices.Concat(ofContacts, ofPrimaries) {
		events = append(events, eventOf(r))
	}
	slices.SortFunc(events, func(a, b Event) int { return a.at.compare(b.at) })
	return slices.CompactFunc(events, func(a, b Event) bool { return a.at.id == b.at.id }), nil
}

func eventOf(r store.History) Event {
	e := Event{
		Kind: string(r.Kind), ContactID: r.ContactID, PrimaryID: r.PrimaryID, KeyID: orZero(r.KeyID), At: r.CreatedAt,
		at: position{r.CreatedAt, fromHistory, r.ID},
	}
	if r.ObservationID != nil {
		e.ObservationID = *r.ObservationID
	}
	return e
}

// originOf is how a contact was first stored.
func originOf(m Member) Event {
	kind := identity.EventLinked
	if m.FirstPrimaryID == m.ID {
		kind = identity.EventCreated
	}
	return Event{
		Kind: string(kind), ContactID: m.ID, PrimaryID: m.FirstPrimaryID, At: m.CreatedAt,
		at: position{m.CreatedAt, fromContacts, m.ID},
	}
}
