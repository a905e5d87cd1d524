package feed_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/feed"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysqltest"
)

// aged writes one change set for each contact, a day old.
func aged(t *testing.T, db *mysqltest.DB, contacts ...uint64) {
	t.Helper()
	for _, id := range contacts {
		writeEvents(t, db.Pool, id)
		_, err := db.Pool.ExecContext(t.Context(), `UPDATE change_sets SET created_at = created_at - INTERVAL 1 DAY
			WHERE events = CONCAT('[["created",', ?, ',', ?, ']]')`, id, id)
		if err != nil {
			t.Fatal(err)
		}
	}
}

func trim(t *testing.T, f *feed.Feed, age time.Duration) int {
	t.Helper()
	n, err := f.Trim(t.Context(), time.Now().Add(-age))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// wantGone expects that a reader after the number gets an error with the oldest cursor.
func wantGone(t *testing.T, f *feed.Feed, after, oldest uint64) {
	t.Helper()
	events, err := f.Read(t.Context(), after, 10)
	if identity.CodeOf(err) != identity.CodeEventsExpired || !strings.Contains(err.Error(), fmt.Sprintf("oldest cursor left is %d;", oldest)) {
		t.Errorf("after %d: got %v, %v, want %d as the oldest", after, events, err, oldest)
	}
	if got, err := f.Oldest(t.Context()); err != nil || got != oldest {
		t.Errorf("oldest: got %d, %v, want %d", got, err, oldest)
	}
}

// Fails when old events are kept, when recent ones are deleted, or when a reader that missed
// deleted events gets no error.
func TestTrim(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	f := feed.New(db.Pool)
	if got, err := f.Oldest(t.Context()); err != nil || got != 0 {
		t.Errorf("oldest of none: got %d, %v", got, err)
	}
	aged(t, db, 11, 12, 13)
	writeEvents(t, db.Pool, 21)
	aged(t, db, 14) // committed after a recent one: the feed has no gaps
	read(t, f, 0, 2)
	if got := trim(t, f, 48*time.Hour); got != 0 {
		t.Errorf("deleted %d young events", got)
	}
	if got := trim(t, f, time.Hour); got != 3 {
		t.Errorf("deleted %d events, want 3", got)
	}
	for after := range uint64(3) {
		wantGone(t, f, after, 3)
	}
	if diff := cmp.Diff([]uint64{21, 14}, contacts(t, 3, read(t, f, 3, 10))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}

	if got := trim(t, f, -time.Hour); got != 2 {
		t.Errorf("deleted %d events, want the 2 that were left", got)
	}
	wantGone(t, f, 3, 5)
	wantGone(t, f, 4, 5)
	contacts(t, 5, read(t, f, 5, 10))
	writeEvents(t, db.Pool, 31)
	if diff := cmp.Diff([]uint64{31}, contacts(t, 5, read(t, f, 5, 10))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	wantGone(t, f, 4, 5)
}

// Fails when an event without a number is deleted or keeps earlier ones from being deleted, when
// writers block a trim, or when a trim stops after its first chunk.
func TestTrimDuringWrites(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1000, 3000} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			t.Parallel()
			db := mysqltest.NewDB(t)
			f, old := feed.New(db.Pool), size+2
			writeMany(t, db.Pool, size)
			aged(t, db, 11, 12)
			late := begin(t, db.Pool)
			writeEvents(t, late, 21)
			if got := trim(t, f, -time.Hour); got != old {
				t.Errorf("deleted %d events, want %d", got, old)
			}
			commit(t, late)
			last := uint64(old)
			wantGone(t, f, 0, last)
			if diff := cmp.Diff([]uint64{21}, contacts(t, last, read(t, f, last, 10))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Fails when Retain waits an hour before it starts, does not end, or does not log what it deletes.
func TestRetain(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	f := feed.New(db.Pool)
	aged(t, db, 11)
	ctx, stop := context.WithCancel(t.Context())
	var log strings.Builder
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		f.Retain(ctx, time.Hour, slog.New(slog.NewJSONHandler(&log, nil)))
	}()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if oldest, err := f.Oldest(t.Context()); err == nil && oldest == 1 {
			break
		}
	}
	stop()
	<-ended
	wantGone(t, f, 0, 1)
	if !strings.Contains(log.String(), `"msg":"deleted old events","events":1`) || strings.Count(log.String(), "\n") != 1 {
		t.Errorf("logged %s", log.String())
	}
}
