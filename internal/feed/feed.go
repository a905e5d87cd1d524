// Package feed tells everything that changed, in an order in which nothing is missed: it numbers the
// events that the linker writes down, after their commit, and reads them by these numbers. It writes
// no event, and it knows no transport.
package feed

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

// MaxRead is the most events that one Read returns.
const MaxRead = 1000

// attempts is how often work that meets others at the same time is tried.
const attempts = 10

// Event is something that happened. It holds ids, never a value.
type Event struct {
	Number        uint64 // its place in the feed, from 1 without gaps; it never changes
	Kind          string // created, linked, merged, refused, …
	ContactID     uint64 // whom it befell: of a merge the absorbed primary, of a split the new one
	PrimaryID     uint64 // the primary of its cluster: of a merge the survivor, of a split the one left
	ObservationID uint64 // what caused it; 0: none did
	At            time.Time
}

// Feed is the events of one database. It is safe for concurrent use, also by any number of processes
// on the same database.
type Feed struct {
	db *sql.DB

	// turn is held by whoever looks for events without a number and gives them theirs. The database
	// has a lock for that, too; but who waits here does so without a connection, and the looking
	// takes milliseconds when a long snapshot keeps the server from cleaning up its index.
	turn chan struct{}
}

// New returns the feed of a migrated database.
func New(db *sql.DB) *Feed {
	return &Feed{db: db, turn: make(chan struct{}, 1)}
}

// Read returns the events after the given number, in the order of their numbers and without a gap: at
// most limit, or MaxRead, and fewer only when no more were committed. Who goes on after the last one's
// number gets every event exactly once, also those that commit late. An event comes after those of
// the same cluster that were committed before it. limit must be positive.
//
// The error is an *identity.Error: of CodeGone when events after the number are no longer kept, of
// CodeInvalid when so many events were not committed yet.
func (f *Feed) Read(ctx context.Context, after uint64, limit int) (events []Event, err error) {
	err = mysql.Retry(ctx, attempts, func() error {
		events, err = f.read(ctx, after, min(limit, MaxRead))
		return err
	})
	return events, mysql.Translate(err)
}

func (f *Feed) read(ctx context.Context, after uint64, limit int) ([]Event, error) {
	last, err := f.reach(ctx, after, limit)
	if err != nil || last == after {
		return nil, err
	}
	rows, err := f.list(ctx, after, limit)
	if err != nil {
		return nil, err
	}
	// Numbers have no gaps, and events are deleted from the lowest number on.
	if len(rows) == 0 {
		return nil, gone(last)
	}
	events := make([]Event, len(rows))
	for i, r := range rows {
		events[i] = eventOf(r)
	}
	if first := events[0].Number; first != after+1 {
		return nil, gone(first - 1)
	}
	return events, nil
}

// reach returns the last number that was given. It first numbers committed events until there are limit
// of them after the given number, or all are numbered: how far the numbers go depends on who has read,
// and must not decide whether the number exists.
func (f *Feed) reach(ctx context.Context, after uint64, limit int) (last uint64, err error) {
	err = f.inTurn(ctx, func() error {
		feed, err := store.New(f.db).FindFeed(ctx)
		last = feed.LastNumber
		enough := func() bool { return after <= last && last-after >= uint64(max(limit, 0)) }
		for more := feed.Waiting; more && err == nil && !enough(); {
			last, more, err = f.number(ctx)
		}
		return err
	})
	if err == nil && after > last {
		err = ahead(last)
	}
	return last, err
}

func (f *Feed) inTurn(ctx context.Context, do func() error) error {
	select {
	case f.turn <- struct{}{}:
		defer func() { <-f.turn }()
		return do()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Oldest returns the number after which a reader begins who has read nothing yet: all events that are
// left come after it.
func (f *Feed) Oldest(ctx context.Context) (uint64, error) {
	// In this order: what is numbered in between is then found.
	feed, err := store.New(f.db).FindFeed(ctx)
	if err != nil {
		return 0, mysql.Translate(err)
	}
	rows, err := f.list(ctx, 0, 1)
	if err != nil || len(rows) == 0 {
		return feed.LastNumber, mysql.Translate(err)
	}
	return *rows[0].FeedNumber - 1, nil
}

func (f *Feed) list(ctx context.Context, after uint64, limit int) ([]store.Event, error) {
	return store.New(f.db).ListEvents(ctx, store.ListEventsParams{
		AfterNumber: &after, Limit: int32(limit), //nolint:gosec // at most MaxRead
	})
}

func eventOf(r store.Event) Event {
	e := Event{Number: *r.FeedNumber, Kind: string(r.Kind), ContactID: r.ContactID, PrimaryID: r.PrimaryID, At: r.CreatedAt}
	if r.ObservationID != nil {
		e.ObservationID = *r.ObservationID
	}
	return e
}

func gone(oldest uint64) error {
	return &identity.Error{
		Code: identity.CodeGone,
		Detail: fmt.Sprintf("Events after this cursor are no longer kept. The oldest cursor left is %d: "+
			"what changed before it has to be learned in another way.", oldest),
	}
}

func ahead(last uint64) error {
	return &identity.Error{
		Code:   identity.CodeInvalid,
		Detail: fmt.Sprintf("No event has this cursor yet. The newest cursor is %d.", last),
	}
}
