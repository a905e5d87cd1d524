package feed_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/feed"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/mysqltest"
	"github.com/identikit/identikit/internal/store"
)

// Fails when several processes write and several read, and an event is missed, repeated, in another
// order for another reader, or before one of its cluster that was committed earlier.
func TestReadersGetCommittedEvents(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	var writers, readers sync.WaitGroup
	var delayed atomic.Int64
	for range 3 {
		l, pool := linkertest.New(openPool(t, db.Config), cluster.Policy{}), openPool(t, db.Config)
		writers.Go(func() { linkAtRandom(t, l) })
		writers.Go(func() { delayed.Add(writeSlowly(t, pool)) })
	}
	written := make(chan struct{})
	got := make([][]feed.Event, 4)
	for i := range got {
		f := feed.New(openPool(t, db.Config))
		readers.Go(func() { got[i] = follow(t, f, written) })
	}
	writers.Wait()
	close(written)
	readers.Wait()

	want, slow := committed(t, db.Pool)
	if slow != delayed.Load() || len(want) < int(slow)+50 {
		t.Fatalf("%d events, of them %d slow ones, want %d", len(want), slow, delayed.Load())
	}
	for i := range got {
		if diff := cmp.Diff(want, got[i]); diff != "" {
			t.Errorf("reader %d (-want +got):\n%s", i, diff)
		}
	}
}

// linkAtRandom merges and extends a few clusters, so that writes depend on those of others.
func linkAtRandom(t *testing.T, l *linkertest.System) {
	for range 60 {
		o := identity.Observation{Email: fmt.Sprintf("e%d@example.com", rand.N(60)), Phone: fmt.Sprint(100 + rand.N(60))}
		if _, err := l.Link(t.Context(), []identity.Observation{o}); err != nil {
			t.Error(err)
			return
		}
	}
}

// slowContact is the contact of all events of writeSlowly.
const slowContact = 1 << 40

// writeSlowly commits or rolls back some time after it wrote, and returns the number of events that
// it committed.
func writeSlowly(t *testing.T, pool *sql.DB) (events int64) {
	for range 40 {
		tx, err := pool.BeginTx(t.Context(), nil)
		if err != nil {
			t.Error(err)
			return events
		}
		batch := make([]identity.Event, 1+rand.N(3))
		for i := range batch {
			batch[i] = identity.Event{Kind: identity.EventCreated, ContactID: slowContact, PrimaryID: slowContact}
		}
		if err := store.New(tx).InsertChangeSet(t.Context(), batch, nil); err != nil {
			t.Error(err)
		}
		time.Sleep(rand.N(20 * time.Millisecond))
		if rand.N(4) == 0 {
			_ = tx.Rollback() // the rollback cannot lose anything
		} else if err := tx.Commit(); err != nil {
			t.Error(err)
		} else {
			events += int64(len(batch))
		}
	}
	return events
}

// follow reads page after page until it has all events that were written.
func follow(t *testing.T, f *feed.Feed, written <-chan struct{}) (all []feed.Event) {
	for last := uint64(0); ; last = uint64(len(all)) {
		ended := false
		select {
		case <-written:
			ended = true
		default:
		}
		page, err := f.Read(t.Context(), last, 1+rand.N(20))
		if err != nil {
			t.Error(err)
			return all
		}
		contacts(t, last, page)
		if all = append(all, page...); ended && len(page) == 0 {
			return all
		}
	}
}

// committed returns all events in the order of the feed and the number that writeSlowly wrote. It
// checks that the change sets of a cluster are in the order in which they were inserted under its lock.
func committed(t *testing.T, db *sql.DB) (events []feed.Event, slow int64) {
	t.Helper()
	ids := setIDs(t, db)
	sets, err := store.New(db).ListChangeSets(context.Background(), 0, 100_000)
	if err != nil || len(sets) != len(ids) {
		t.Fatalf("%d of %d change sets have a number, %v", len(sets), len(ids), err)
	}
	newest := map[uint64]uint64{}
	for i, s := range sets {
		for _, e := range s.Events {
			events = append(events, feed.Event{
				Number: uint64(len(events)) + 1, Kind: string(e.Kind), ContactID: e.ContactID, PrimaryID: e.PrimaryID,
				ObservationID: e.ObservationID, At: s.CreatedAt,
			})
			if e.ContactID == slowContact {
				slow++
				continue
			}
			for _, id := range slices.Compact([]uint64{e.ContactID, e.PrimaryID}) {
				if ids[i] < newest[id] {
					t.Errorf("change set %d with contact %d comes after %d", ids[i], id, newest[id])
				}
				newest[id] = ids[i]
			}
		}
		if s.LastNumber != uint64(len(events)) {
			t.Errorf("change set %d has number %d, want %d", ids[i], s.LastNumber, len(events))
		}
	}
	return events, slow
}

// setIDs returns the ids of all change sets in the order of the feed.
func setIDs(t *testing.T, db *sql.DB) (ids []uint64) {
	t.Helper()
	rows, err := db.QueryContext(context.Background(), "SELECT id FROM change_sets ORDER BY last_number")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id uint64
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return ids
}

// Fails when a reader that falls behind the deletion of old events skips events without an error.
func TestTrimDuringReads(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	writeMany(t, db.Pool, 3000)
	var wg sync.WaitGroup
	for range 3 {
		f, trimmer := feed.New(openPool(t, db.Config)), feed.New(openPool(t, db.Config))
		wg.Go(func() {
			for last := uint64(0); last < 3000; {
				page, err := f.Read(t.Context(), last, 100)
				if identity.CodeOf(err) == identity.CodeEventsExpired {
					if last, err = f.Oldest(t.Context()); err == nil {
						continue
					}
				}
				if err != nil || len(page) == 0 {
					t.Errorf("after %d: got %d events, %v", last, len(page), err)
					return
				}
				contacts(t, last, page)
				last += uint64(len(page))
			}
		})
		wg.Go(func() {
			if _, err := trimmer.Trim(t.Context(), time.Now().Add(time.Hour)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}
