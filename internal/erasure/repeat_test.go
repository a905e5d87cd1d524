package erasure_test

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/erasure"
	"github.com/identikit/identikit/internal/idempotency"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/mysqltest"
	"github.com/identikit/identikit/internal/store"
)

// repeating returns a context for a request to erase a value with an Idempotency-Key.
func repeating(t *testing.T, key, value string) context.Context {
	t.Helper()
	return idempotency.With(t.Context(), idempotency.NewKey(1, key, []byte(value)))
}

// Fails when a repeat erases what was stored since, or is answered otherwise than the first time, or when
// another request with the same key is carried out.
func TestRepeatedErasure(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	l := linkertest.OpenEraser(t, db)
	seen := linkertest.Saw("one@example.com", "4155550101")
	linkertest.LinkOne(t, l, seen)
	value := linkertest.Saw("one@example.com", "")
	ctx := repeating(t, "a", value.Email)
	first, err := l.EraseValue(ctx, value, false, false)
	if err != nil {
		t.Fatal(err)
	}
	linkertest.LinkOne(t, l, seen)
	before := linkertest.Dump(t, db.Pool)
	for range 3 {
		again, err := l.EraseValue(ctx, value, false, false)
		if diff := cmp.Diff(first, again); diff != "" || err != nil {
			t.Errorf("%v (-first +again):\n%s", err, diff)
		}
	}
	_, err = l.EraseValue(repeating(t, "a", "another"), linkertest.Saw("", "4155550101"), false, false)
	if !errors.Is(err, idempotency.ErrOtherRequest) {
		t.Errorf("another request: got %v", err)
	}
	if !bytes.Equal(before, linkertest.Dump(t, db.Pool)) {
		t.Error("a repeat has changed something")
	}
	second, err := l.EraseValue(repeating(t, "b", value.Email), value, false, false)
	if err != nil || second.ContactID == first.ContactID {
		t.Errorf("with another key: %+v %v", second, err)
	}
}

// Fails when a key is stored for an erasure that did not happen, which could then never happen.
func TestRefusedErasureKeepsNoKey(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	l := linkertest.OpenEraser(t, db)
	value := linkertest.Saw("one@example.com", "")
	ctx := repeating(t, "a", value.Email)
	if _, err := l.EraseValue(ctx, value, false, false); identity.CodeOf(err) != identity.CodeNotFound {
		t.Errorf("nobody holds it: got %v", err)
	}
	linkertest.LinkOne(t, l, value)
	if done, err := l.EraseValue(ctx, value, false, false); err != nil || !done.Tombstone {
		t.Errorf("got %+v %v", done, err)
	}
}

// Fails when an erasure that runs at the same moment as the first one with its key is carried out, too, is
// lost when the first one is rolled back, or waits for ever.
func TestErasureWhileTheFirstRuns(t *testing.T) { //nolint:paralleltest // see WaitBlocked
	for name, commit := range map[string]bool{"committed": true, "rolled back": false} {
		t.Run(name, func(t *testing.T) {
			db := mysqltest.NewDB(t)
			l := linkertest.OpenPatient(t, db)
			value := linkertest.Saw("one@example.com", "")
			linkertest.LinkOne(t, l, linkertest.Saw("one@example.com", "4155550101"))
			ctx := repeating(t, "a", value.Email)
			first := linkertest.Begin(t, db.Pool)
			if err := idempotency.Claim(ctx, store.New(first)); err != nil {
				t.Fatal(err)
			}
			if _, err := linkertest.OpenEraser(t, db).EraseValue(ctx, value, false, false); !errors.Is(err, idempotency.ErrRunning) {
				t.Errorf("an impatient one: got %v", err)
			}
			type outcome struct {
				erasure.Erasure
				error
			}
			done := make(chan outcome, 1)
			go func() {
				e, err := l.EraseValue(ctx, value, false, false)
				done <- outcome{e, err}
			}()
			linkertest.WaitBlocked(t, first, db.Pool)
			linkertest.Exec(t, first, `INSERT INTO erasures (id, contact_id, tombstone, suppressed, observations, refusals, separations, blocks,
				members_before, members_after, erased_at) VALUES (77, 99, FALSE, TRUE, 1, 2, 3, 4, '[]', '[]', NOW(6))`)
			if err := idempotency.Record(ctx, store.New(first), idempotency.Made{ErasureID: 77}); err != nil {
				t.Fatal(err)
			}
			end, want := first.Commit, uint64(99)
			if !commit {
				end, want = first.Rollback, 1
			}
			if err := end(); err != nil {
				t.Fatal(err)
			}
			if got := <-done; got.ContactID != want || got.error != nil {
				t.Errorf("got contact %d, %v, want %d", got.ContactID, got.error, want)
			}
			if n := linkertest.One[int](t, db.Pool, "SELECT COUNT(*) FROM erasures"); n != 1 {
				t.Errorf("%d erasures", n)
			}
		})
	}
}

// Fails when an idempotency key outlives the erasure of the whole contact, when two keys store the same for
// one value, or when the key of another contact is deleted, too.
func TestErasureReachesIdempotencyKeys(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	l := linkertest.OpenEraser(t, db)
	for _, key := range []string{"a", "b"} {
		linkertest.LinkOne(t, l, linkertest.Saw("one@example.com", key+"4155550101"))
		value := linkertest.Saw("one@example.com", "")
		if _, err := l.EraseValue(repeating(t, key, value.Email), value, false, false); err != nil {
			t.Fatal(err)
		}
	}
	if n := linkertest.One[int](t, db.Pool, "SELECT COUNT(DISTINCT fingerprint) + COUNT(DISTINCT digest) FROM idempotency_keys"); n != 4 {
		t.Errorf("the rows of two keys have %d different digests", n)
	}
	receipts := linkertest.Column(t, db.Pool, "SELECT contact_id FROM erasures ORDER BY id")
	if _, err := l.Erase(t.Context(), receipts[0], false, false); err != nil {
		t.Fatal(err)
	}
	left := linkertest.Column(t, db.Pool, "SELECT e.contact_id FROM idempotency_keys AS k JOIN erasures AS e ON e.id = k.erasure_id")
	if diff := cmp.Diff(receipts[1:], left); diff != "" {
		t.Errorf("contacts with keys (-want +got):\n%s", diff)
	}
}
