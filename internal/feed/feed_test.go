package feed_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/feed"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/mysqltest"
	"github.com/identikit/identikit/internal/store"
)

// Fails when a field of an event is wrong, or when an event of the linker is missing.
func TestEvents(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	l := linkertest.New(db.Pool, cluster.Policy{})
	for _, o := range []identity.Observation{
		{Email: "a@example.com", Phone: "1"}, {Email: "b@example.com", Phone: "1"}, {Email: "c@example.com", Phone: "3"},
		{Email: "a@example.com", Phone: "3"},
	} {
		if _, err := l.Link(t.Context(), []identity.Observation{o}); err != nil {
			t.Fatal(err)
		}
	}
	got := read(t, feed.New(db.Pool), 0, 10)
	want := []feed.Event{
		{Number: 1, Kind: "created", ContactID: 1, PrimaryID: 1},
		{Number: 2, Kind: "linked", ContactID: 2, PrimaryID: 1},
		{Number: 3, Kind: "created", ContactID: 3, PrimaryID: 3},
		{Number: 4, Kind: "merged", ContactID: 3, PrimaryID: 1},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(feed.Event{}, "At", "ObservationID")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(got) < 4 || got[3].ObservationID == 0 || time.Since(got[3].At).Abs() > time.Minute {
		t.Errorf("got %+v", got)
	}
}

// Fails when pages overlap or have gaps, when a page is not full although there is more, or when
// numbers change.
func TestPages(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t).Pool
	f := feed.New(db)
	writeEvents(t, db, 11, 12, 13)
	writeEvents(t, db, 14, 15)
	for _, c := range []struct {
		after uint64
		limit int
		want  []uint64
	}{{0, 2, []uint64{11, 12}}, {2, 2, []uint64{13, 14}}, {4, 2, []uint64{15}}, {5, 2, nil}, {0, 9, []uint64{11, 12, 13, 14, 15}}} {
		got := contacts(t, c.after, read(t, f, c.after, c.limit))
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("after %d, at most %d (-want +got):\n%s", c.after, c.limit, diff)
		}
	}
	for range 3 { // more than one chunk
		writeEvents(t, db, make([]uint64, 700)...)
	}
	for after, want := uint64(0), []int{1000, 1000, 105, 0}; len(want) > 0; want = want[1:] {
		got := read(t, f, after, 5000)
		contacts(t, after, got)
		if len(got) != want[0] {
			t.Errorf("after %d: got %d events, want %d", after, len(got), want[0])
		}
		after += uint64(len(got))
	}
}

// Fails when a number that was never assigned gives an empty page: after a restore of the database
// its reader would skip events.
func TestUnassignedNumber(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t).Pool
	f := feed.New(db)
	for _, last := range []int{0, 2, 4} { // with and without numbered events
		for _, after := range []uint64{uint64(last) + 1, 1 << 63, 1<<64 - 1} {
			_, err := f.Read(t.Context(), after, 100)
			want := fmt.Sprintf("No event has this cursor yet. The newest cursor is %d.", last)
			if err == nil || err.Error() != want {
				t.Errorf("after %d: got %v, want %s", after, err, want)
			}
		}
		writeEvents(t, db, 1, 2)
	}
}

// Fails when a number is refused although enough events are committed, because no reader has caused
// them to be numbered yet.
func TestNumberOfUnreadEvent(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t).Pool
	f := feed.New(db)
	writeEvents(t, db, 11, 12, 13, 14)
	if got := contacts(t, 3, read(t, f, 3, 9)); !cmp.Equal(got, []uint64{14}) {
		t.Errorf("got %v", got)
	}
	writeEvents(t, db, make([]uint64, 1500)...) // more than one chunk
	writeEvents(t, db, make([]uint64, 1500)...)
	writeEvents(t, db, 21, 22)
	if got := contacts(t, 3005, read(t, f, 3005, 9)); !cmp.Equal(got, []uint64{22}) {
		t.Errorf("got %v", got)
	}
	if got := read(t, f, 3006, 9); len(got) != 0 {
		t.Errorf("got %v", got)
	}
}

// Fails when an event that commits late is missed or repeated, when a reader and a writer wait for
// each other, or when a rollback leaves a gap.
func TestLateCommitIsNotMissed(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1000, 3000} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			t.Parallel()
			db := mysqltest.NewDB(t).Pool
			late, never := begin(t, db), begin(t, db)
			writeEvents(t, late, 11, 12)
			writeEvents(t, never, 99)
			f, last := feed.New(db), writeMany(t, db, size)
			wantNext := func(want ...uint64) {
				t.Helper()
				got := contacts(t, last, read(t, f, last, 10))
				if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("after %d (-want +got):\n%s", last, diff)
				}
				last += uint64(len(got))
			}
			wantNext()
			writeEvents(t, db, 21)
			wantNext(21)
			writeEvents(t, late, 13)
			writeEvents(t, db, 22)
			if err := never.Rollback(); err != nil {
				t.Fatal(err)
			}
			wantNext(22)
			wantNext()
			commit(t, late)
			writeEvents(t, db, 23)
			wantNext(11, 12, 13, 23)
			wantNext()
		})
	}
}

// Fails when a process that hangs while it numbers events blocks writers.
func TestNumberingDoesNotBlockWriters(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 3000} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			t.Parallel()
			db := mysqltest.NewDB(t).Pool
			last := writeMany(t, db, size)
			writeEvents(t, db, 11, 12)
			writer := begin(t, db)
			writeEvents(t, writer, 21)
			stuck := begin(t, db)
			giveNumbers(t, store.New(stuck), last)
			writeEvents(t, writer, 22)
			writeEvents(t, db, 31, 32)
			commit(t, writer)
			commit(t, stuck)
			got := contacts(t, last, read(t, feed.New(db), last, 9))
			if diff := cmp.Diff([]uint64{11, 12, 21, 22, 31, 32}, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// giveNumbers numbers a change set of two events step by step, as a feed does.
func giveNumbers(t *testing.T, q *store.Queries, last uint64) {
	t.Helper()
	got, err := q.LockFeed(t.Context())
	if err != nil || got != last {
		t.Fatalf("got last number %d, %v, want %d", got, err, last)
	}
	sets, err := q.ListUnnumbered(t.Context(), 1000)
	if err != nil || len(sets) != 1 || sets[0].Size != 2 {
		t.Fatalf("got %v, %v", sets, err)
	}
	id := sets[0].ID
	n, err := q.NumberChangeSets(t.Context(), store.NumberChangeSetsParams{
		Places: []any{id}, Numbers: []string{fmt.Sprint(last + 2)}, Ids: []uint64{id},
	})
	if err != nil || n != 1 {
		t.Fatalf("got %d, %v", n, err)
	}
	if err := q.SetLastNumber(t.Context(), last+2); err != nil {
		t.Fatal(err)
	}
}
