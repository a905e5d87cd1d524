package lookup

import (
	"context"
	"slices"
	"time"

	"github.com/identikit/identikit/internal/store"
)

// Event is something that happened to a cluster.
type Event struct {
	Kind          string // as the schema names it: created, linked, merged, split …
	ContactID     uint64 // whom it befell: of a merge the absorbed primary, of a split the new one
	PrimaryID     uint64 // of its cluster: of a merge the survivor, of a split the one left
	ObservationID uint64 // what caused it; 0 when nothing did or it is not known
	At            time.Time
	at            position
}

// Where the entries of a history come from: at the same time a contact comes before what befell it.
const (
	fromContacts = iota
	fromEvents
)

// History returns what happened to the cluster of a contact, oldest first, and where the next page
// starts, "" when there is none: how each of its contacts came to be, by their ages, and what befell
// them since. Of contacts that are older than the record of events, only those are known to have been
// primaries that are it now or were absorbed since; the others count as linked to the primary that
// they have. A malformed page.After is CodeInvalid.
func (r *Reader) History(ctx context.Context, id uint64, page Page) (events []Event, next string, err error) {
	from, err := page.start()
	if err != nil {
		return nil, "", err
	}
	err = r.atOnce(ctx, func(q *store.Queries) error {
		c, err := readContact(ctx, q, Whom{ID: id})
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

// listEvents returns the next limit events or more, without those of how contacts came to be.
func listEvents(ctx context.Context, q *store.Queries, members []Member, from position, limit int32) ([]Event, error) {
	ids := idsOf(members, func(Member) bool { return true })
	if from.source == fromContacts {
		from.id = 0
	}
	befell, err := store.InChunks(ids, func(ids []uint64) ([]store.ListEventsOfContactsRow, error) {
		return q.ListEventsOfContacts(ctx, store.ListEventsOfContactsParams{
			ContactIds: ids, After: from.at, AfterID: from.id, Limit: limit,
		})
	})
	if err != nil {
		return nil, err
	}
	under, err := store.InChunks(ids, func(ids []uint64) ([]store.ListEventsOfPrimariesRow, error) {
		return q.ListEventsOfPrimaries(ctx, store.ListEventsOfPrimariesParams{
			PrimaryIds: ids, After: from.at, AfterID: from.id, Limit: limit,
		})
	})
	if err != nil {
		return nil, err
	}
	events := make([]Event, 0, len(befell)+len(under))
	for _, e := range befell {
		events = append(events, eventOf(e))
	}
	for _, e := range under {
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

// originOf is how a contact came to be, as far as the contact tells.
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

// addOrigins corrects how contacts came to be by the events that tell it.
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
	told := make(map[uint64]store.ListOriginsRow, len(found))
	for _, r := range found {
		if r.Kind != store.EventsKindMerged {
			told[r.ContactID] = r
		} else if _, better := told[r.ContactID]; !better {
			told[r.ContactID] = store.ListOriginsRow{Kind: store.EventsKindCreated, ContactID: r.ContactID, PrimaryID: r.ContactID}
		}
	}
	for i := range events {
		e := &events[i]
		if r, known := told[e.ContactID]; known && e.at.source == fromContacts {
			e.Kind, e.PrimaryID = string(r.Kind), r.PrimaryID
		}
	}
	return nil
}
