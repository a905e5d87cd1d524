// Package feed returns all events, complete and in order: it numbers the change sets that the linker
// writes, after their commit, and reads their events by number. It writes no events and does not
// depend on a transport.
package feed

import (
	"context"
	"database/sql"
	"errors"
	"sync/atomic"
	"time"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/replica"
	"github.com/identikit/identikit/internal/store"
)

// MaxRead is the most events that one Read returns.
const MaxRead = 1000

// attempts is the number of attempts for a transaction that conflicts with others.
const attempts = 10

// Event is a change. It has ids and no values.
type Event struct {
	Number        uint64 // its position in the feed, from 1 without gaps; it never changes
	Kind          string // created, linked, merged, refused, …
	ContactID     uint64 // the contact affected: for a merge, the absorbed primary; for a split, the new one
	PrimaryID     uint64 // the primary of its cluster: for a merge, the survivor; for a split, the one that it left
	ObservationID uint64 // the observation that caused it, or 0
	KeyID         uint64 // the API key that decided it; 0 for what was observed, or without a key
	At            time.Time
}

// Feed is the feed of one database. It is safe for concurrent use, by any number of processes.
type Feed struct {
	db    *sql.DB
	reads *replica.Router
	known atomic.Uint64 // a number that was assigned

	// turn is held while sets are numbered. The database has a lock for that, but waiting here takes
	// no connection, and looking for sets without a number takes milliseconds while a long snapshot
	// keeps the server from purging its index.
	turn chan struct{}
}

// New returns the feed of a migrated database.
func New(db *sql.DB) *Feed { return NewRouted(db, replica.Only(db)) }

// NewRouted returns the feed of a migrated database and its replicas.
func NewRouted(db *sql.DB, reads *replica.Router) *Feed {
	return &Feed{db: db, reads: reads, turn: make(chan struct{}, 1)}
}

// Read returns the events after the given number, in order and without a gap: at most limit, or
// MaxRead, and fewer only if no more were committed. A reader that continues after the last number
// gets every event exactly once, including those that commit late. An event comes after the events
// of the same cluster that were committed before it. limit must be positive.
//
// The error is an *identity.Error: CodeEventsExpired if events after the number are no longer kept,
// CodeCursorAhead if the number is greater than that of the last event.
func (f *Feed) Read(ctx context.Context, after uint64, limit int) (events []Event, err error) {
	limit = min(limit, MaxRead)
	if events = f.tryReplica(ctx, after, limit); events != nil {
		return events, nil
	}
	err = mysql.Retry(ctx, attempts, func() error {
		events, err = f.read(ctx, after, limit)
		return err
	})
	return events, mysql.Translate(err)
}

// tryReplica returns a full page from a replica, or nil. Numbers never change, so a full page is right
// however old it is; where the feed ends, only the primary knows.
func (f *Feed) tryReplica(ctx context.Context, after uint64, limit int) (events []Event) {
	if known := f.known.Load(); after > known || known-after < uint64(max(limit, 0)) {
		return nil
	}
	if !f.reads.Try(ctx, func(ctx context.Context, db *sql.DB) (err error) {
		if events, err = list(ctx, db, after, limit, after); err == nil && len(events) < limit {
			err = errShort
		}
		return err
	}) {
		return nil
	}
	return events
}

var errShort = errors.New("the page is not full")

func (f *Feed) read(ctx context.Context, after uint64, limit int) ([]Event, error) {
	last, err := f.reach(ctx, after, limit)
	if err != nil || last == after {
		return nil, err
	}
	return list(ctx, f.db, after, limit, last)
}

// list returns the events after a number, at most limit. last is a number that was assigned.
func list(ctx context.Context, db *sql.DB, after uint64, limit int, last uint64) ([]Event, error) {
	sets, err := store.New(db).ListChangeSets(ctx, after, limit)
	if err != nil {
		return nil, err
	}
	// Numbers have no gaps, and sets are deleted in ascending order.
	if len(sets) == 0 {
		return nil, gone(last)
	}
	if before := sets[0].LastNumber - uint64(len(sets[0].Events)); before > after {
		return nil, gone(before)
	}
	return eventsAfter(sets, after, limit), nil
}

// eventsAfter returns the events of sets after the given number, at most limit.
func eventsAfter(sets []store.NumberedSet, after uint64, limit int) []Event {
	events := make([]Event, 0, limit)
	for _, s := range sets {
		number := s.LastNumber - uint64(len(s.Events))
		for _, e := range s.Events {
			number++
			if number <= after || len(events) == limit {
				continue
			}
			events = append(events, Event{
				Number: number, Kind: string(e.Kind), ContactID: e.ContactID, PrimaryID: e.PrimaryID, ObservationID: e.ObservationID,
				KeyID: s.KeyID, At: s.CreatedAt,
			})
		}
	}
	return events
}

// reach returns the last number that was assigned. Before that, it numbers committed sets until there
// are limit events after the given number or all are numbered: whether a number exists must not depend
// on what was read before.
func (f *Feed) reach(ctx context.Context, after uint64, limit int) (last uint64, err error) {
	err = f.withTurn(ctx, func() error {
		feed, err := store.New(f.db).FindFeed(ctx)
		last = feed.LastNumber
		enough := func() bool { return after <= last && last-after >= uint64(max(limit, 0)) }
		for more := feed.Waiting; more && err == nil && !enough(); {
			last, more, err = f.number(ctx)
		}
		return err
	})
	if err == nil {
		f.known.Store(last)
	}
	if err == nil && after > last {
		err = ahead(last)
	}
	return last, err
}

func (f *Feed) withTurn(ctx context.Context, do func() error) error {
	select {
	case f.turn <- struct{}{}:
		defer func() { <-f.turn }()
		return do()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Oldest returns the number after which a new reader starts: all events that are kept come after
// it.
func (f *Feed) Oldest(ctx context.Context) (uint64, error) {
	// Read the feed first, so that events numbered after that are found.
	feed, err := store.New(f.db).FindFeed(ctx)
	if err != nil {
		return 0, mysql.Translate(err)
	}
	oldest, err := store.New(f.db).ListOldestSets(ctx, 1)
	if err != nil || len(oldest) == 0 {
		return feed.LastNumber, mysql.Translate(err)
	}
	return *oldest[0].LastNumber - uint64(oldest[0].Size), nil
}

func gone(oldest uint64) error {
	return identity.Errorf(identity.CodeEventsExpired, "Events after this cursor are no longer kept. "+
		"The oldest cursor left is %d; read what changed before it from an export.", oldest)
}

func ahead(last uint64) error {
	return identity.Errorf(identity.CodeCursorAhead, "No event has this cursor yet. The newest cursor is %d.", last)
}
