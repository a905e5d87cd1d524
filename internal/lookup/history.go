package lookup

import (
	"context"
	"slices"
	"time"

	"github.com/identikit/identikit/internal/store"
)

// Event is a change of a cluster.
type Event struct {
	Kind          string // as in the schema: created, linked, merged, split …
	ContactID     uint64 // the contact affected: for a merge, the absorbed primary; for a split, the new one
	PrimaryID     uint64 // of its cluster: for a merge, the survivor; for a split, the one that it left
	ObservationID uint64 // the cause; 0 if there is none or it is not known
	At            time.Time
	at            position
}

// The sources of a history's entries, in the order of entries with the same time: the origin of a
// contact comes before the events that affected it.
const (
	fromContacts = iota
	fromEvents
)

// History returns the history of a contact's cluster, oldest first, and the start of the next page,
// or "" after the last one: the origin of each contact, by age, and the events that affected it. Of
// contacts older than the oldest event, only current primaries and absorbed ones are known to have
// been primaries; the others are shown as linked to their current primary. A malformed page.After
// is CodeInvalid.
func (r *Reader) History(ctx context.Context, id uint64, page Page) (events []Event, next string, err error) {
	from, err := page.start()
	if err != nil {
		return nil, "", err
	}
	err = r.atOnce(ctx, func(q *store.Queries) error {
		c, err := readContact(ctx, q, Ref{ID: id})
		if err != nil {
			return err
		}
		if events, err = listEvents(ctx, q, c.Members, from, page.Limit+1); err != nil {
			return err
		}
		for _, m := range c.Members {
			if e := originOf(m, c.Cluster.PrimaryID); e.at.compare(from) > 0 {
				events = append(events, e)
			}
		}
		slices.SortFunc(events, func(a, b Event) int { return a.at.compare(b.at) })
		events, next = cut(page, events, func(e Event) position { return e.at })
		return addOrigins(ctx, q, events)
	})
	return events, next, err
}

// listEvents returns the next limit events or more, without the origins of contacts.
func listEvents(ctx context.Context, q *store.Queries, members []Member, from position, limit int32) ([]Event, error) {
	ids := idsOf(members, func(Member) bool { return true })
	if from.source == fromContacts {
		from.id = 0
	}
	ofContacts, err := store.InChunks(ids, func(ids []uint64) ([]store.ListEventsOfContactsRow, error) {
		return q.ListEventsOfContacts(ctx, store.ListEventsOfContactsParams{
			ContactIds: ids, After: from.at, AfterID: from.id, Limit: limit,
		})
	})
	if err != nil {
		return nil, err
	}
	ofPrimaries, err := store.InChunks(ids, func(ids []uint64) ([]store.ListEventsOfPrimariesRow, error) {
		return q.ListEventsOfPrimaries(ctx, store.ListEventsOfPrimariesParams{
			PrimaryIds: ids, After: from.at, AfterID: from.id, Limit: limit,
		})
	})
	if err != nil {
		return nil, err
	}
	events := make([]Event, 0, len(ofContacts)+len(ofPrimaries))
	for _, e := range ofContacts {
		events = append(events, eventOf(e))
	}
	for _, e := range ofPrimaries {
		events = append(events, eventOf(store.ListEventsOfContactsRow(e)))
	}
	slices.SortFunc(events, func(a, b Event) int { return a.at.compare(b.at) })
	return slices.CompactFunc(events, func(a, b Event) bool { return a.at.id == b.at.id }), nil
}

func eventOf(r store.ListEventsOfContactsRow) Event {
	e := Event{
		Kind: string(r.Kind), ContactID: r.ContactID, PrimaryID: r.PrimaryID, At: r.CreatedAt,
		at: position{r.CreatedAt, fromEvents, r.ID},
	}
	if r.ObservationID != nil {
		e.ObservationID = *r.ObservationID
	}
	return e
}

// originOf is the origin of a contact, as far as the contact itself shows it.
func originOf(m Member, primary uint64) Event {
	kind := store.EventsKindLinked
	if m.Primary {
		kind = store.EventsKindCreated
	}
	return Event{
		Kind: string(kind), ContactID: m.ID, PrimaryID: primary, At: m.CreatedAt,
		at: position{m.CreatedAt, fromContacts, m.ID},
	}
}

// addOrigins corrects the origins of contacts by their events.
func addOrigins(ctx context.Context, q *store.Queries, events []Event) error {
	var ids []uint64
	for _, e := range events {
		if e.at.source == fromContacts {
			ids = append(ids, e.ContactID)
		}
	}
	found, err := store.InChunks(ids, func(ids []uint64) ([]store.ListOriginsRow, error) { return q.ListOrigins(ctx, ids) })
	if err != nil {
		return err
	}
	origins := make(map[uint64]store.ListOriginsRow, len(found))
	for _, r := range found {
		if r.Kind != store.EventsKindMerged {
			origins[r.ContactID] = r
		} else if _, better := origins[r.ContactID]; !better {
			origins[r.ContactID] = store.ListOriginsRow{Kind: store.EventsKindCreated, ContactID: r.ContactID, PrimaryID: r.ContactID}
		}
	}
	for i := range events {
		e := &events[i]
		if r, known := origins[e.ContactID]; known && e.at.source == fromContacts {
			e.Kind, e.PrimaryID = string(r.Kind), r.PrimaryID
		}
	}
	return nil
}
