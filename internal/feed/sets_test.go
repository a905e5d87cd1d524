package feed_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/identikit/identikit/internal/feed"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysqltest"
	"github.com/identikit/identikit/internal/store"
)

// Fails when a reader whose cursor is in the middle of a change set, or whose page ends there, misses
// events, gets one twice, or makes the database return sets that the page does not need.
func TestPagesWithinSets(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t).Pool
	f := feed.New(db)
	var all, ends []uint64
	for _, size := range []int{3, 1, 4, 2, 1, 5} {
		var set []uint64
		for range size {
			set = append(set, uint64(101+len(all)+len(set)))
		}
		writeEvents(t, db, set...)
		all = append(all, set...)
		ends = append(ends, uint64(len(all)))
	}
	for after := range uint64(len(all) + 1) {
		for limit := 1; limit <= len(all)+1; limit++ {
			got := contacts(t, after, read(t, f, after, limit))
			want := all[after:min(after+uint64(limit), uint64(len(all)))]
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("after %d, at most %d (-want +got):\n%s", after, limit, diff)
			}
			sets, err := store.New(db).ListChangeSets(t.Context(), after, limit)
			if err != nil {
				t.Fatal(err)
			}
			needed := 0
			for i, end := range ends {
				if end > after && (i == 0 || ends[i-1] < after+uint64(limit)) {
					needed++
				}
			}
			if len(sets) != needed {
				t.Errorf("after %d, at most %d: %d sets are read, want %d", after, limit, len(sets), needed)
			}
		}
	}
}

// Fails when a part of a change set is deleted, or when a reader whose cursor is in a deleted set
// skips the rest of it without an error.
func TestTrimDeletesWholeSets(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	f := feed.New(db.Pool)
	writeEvents(t, db.Pool, 11, 12, 13)
	if _, err := db.Pool.ExecContext(t.Context(), "UPDATE change_sets SET created_at = created_at - INTERVAL 1 DAY"); err != nil {
		t.Fatal(err)
	}
	writeEvents(t, db.Pool, 21, 22)
	contacts(t, 1, read(t, f, 1, 1))
	if got := trim(t, f, time.Hour); got != 3 {
		t.Errorf("deleted %d events, want the 3 of the old set", got)
	}
	for after := range uint64(3) {
		wantGone(t, f, after, 3)
	}
	if diff := cmp.Diff([]uint64{22}, contacts(t, 4, read(t, f, 4, 9))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Fails when an event comes back other than it was written, or when large numbers are rounded, as a
// server does that converts them to floating point.
func TestSetsKeepEventsAndNumbers(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t).Pool
	const last = math.MaxUint64 - 1000
	if _, err := db.ExecContext(t.Context(), fmt.Sprintf("UPDATE event_feed SET last_number = %d", uint64(last))); err != nil {
		t.Fatal(err)
	}
	events := []identity.Event{
		{Kind: identity.EventCreated, ContactID: 1, PrimaryID: 1},
		{Kind: identity.EventMerged, ContactID: math.MaxUint64, PrimaryID: math.MaxUint64 - 1, ObservationID: math.MaxUint64 - 2},
		{Kind: identity.EventValueErased, ContactID: 1<<53 + 1, PrimaryID: 3},
	}
	var want []feed.Event
	for range 2 {
		if err := store.New(db).InsertChangeSet(t.Context(), events, nil); err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			want = append(want, feed.Event{
				Number: last + uint64(len(want)) + 1, Kind: string(e.Kind), ContactID: e.ContactID, PrimaryID: e.PrimaryID,
				ObservationID: e.ObservationID,
			})
		}
	}
	got := read(t, feed.New(db), last, 100)
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(feed.Event{}, "At")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Fails when a change set that has other events than its size says is read as if nothing was wrong:
// the numbers of its events would be those of others.
func TestDamagedSet(t *testing.T) {
	t.Parallel()
	for _, damage := range []string{`size = 3`, `events = '[["created",1'`, `events = '[["created",-1,1],["created",2,2]]'`, `events = '{}'`} {
		t.Run(damage, func(t *testing.T) {
			t.Parallel()
			db := mysqltest.NewDB(t).Pool
			writeEvents(t, db, 1, 2)
			if _, err := db.ExecContext(t.Context(), "UPDATE change_sets SET "+damage); err != nil {
				t.Fatal(err)
			}
			if got, err := feed.New(db).Read(t.Context(), 0, 10); identity.CodeOf(err) != identity.CodeInternal {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
}
