package correction_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/mysqltest"
	"github.com/identikit/identikit/internal/snapshot"
)

// Fails when the block of a list leaves together what a value of it linked before, takes apart others,
// does not go on where its time was up, or blocks again what is blocked.
func TestBlockList(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	l := linkertest.Open(t, db.Config)
	for i := range 3 {
		shop := fmt.Sprintf("shop%d.example", i)
		for phone := range 2 {
			linkertest.LinkOne(t, l, linkertest.Saw("info@"+shop, fmt.Sprintf("1%d%d", i, phone)))
		}
		linkertest.LinkOne(t, l, linkertest.Saw("informal@"+shop, fmt.Sprintf("2%d", i)))
		linkertest.LinkOne(t, l, linkertest.Saw("informal@"+shop, fmt.Sprintf("3%d", i)))
	}
	linkertest.LinkOne(t, l, linkertest.Saw("a@example.com", "000000000"))
	linkertest.LinkOne(t, l, linkertest.Saw("b@example.com", "000000000"))
	if n, complete, err := l.BlockList(t.Context(), identity.ListRoleMailboxes, "", true); n != 3 || !complete || err != nil {
		t.Errorf("dry run: %d, %v, %v", n, complete, err)
	}
	total := 0
	for calls, complete := 0, false; !complete; calls++ {
		n, done, err := l.BlockList(hurried{t.Context()}, identity.ListRoleMailboxes, "not people", false)
		if err != nil || calls > 10 {
			t.Fatalf("%d blocked, %v", total, err)
		}
		total, complete = total+n, done
	}
	if n, complete, err := l.BlockList(t.Context(), identity.ListPlaceholders, "not a number", false); n != 1 || !complete || err != nil {
		t.Errorf("placeholders: %d, %v, %v", n, complete, err)
	}
	if n, complete, err := l.BlockList(t.Context(), identity.ListRoleMailboxes, "", false); total != 3 || n != 0 || !complete || err != nil {
		t.Errorf("blocked %d, and again: %d, %v, %v", total, n, complete, err)
	}
	if _, _, err := l.BlockList(t.Context(), "freemail", "", false); identity.CodeOf(err) != identity.CodeInvalidRequest {
		t.Errorf("an unknown list: %v", err)
	}
	for i := range 3 {
		got := linkertest.LinkOne(t, l, linkertest.Saw("", fmt.Sprintf("1%d0", i)))
		want := identity.Cluster{PrimaryID: got.PrimaryID, Emails: []string{}, Phones: []string{fmt.Sprintf("1%d0", i)}, SecondaryIDs: []uint64{}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if got := linkertest.LinkOne(t, l, linkertest.Saw("", fmt.Sprintf("2%d", i))); len(got.Emails)+len(got.Phones) != 3 {
			t.Errorf("another value was blocked: %+v", got)
		}
	}
	if found, err := snapshot.Verify(t.Context(), db.Pool, func(d snapshot.Drift) { t.Error(d) }); err != nil || found.Contacts == 0 {
		t.Errorf("verify: %+v, %v", found, err)
	}
}

// Fails when one of several values that cannot be blocked stops the others.
func TestBlockAll(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	l := linkertest.OpenEraser(t, db)
	linkertest.LinkOne(t, l, linkertest.Saw("a@example.com", "111"))
	linkertest.LinkOne(t, l, linkertest.Saw("b@example.com", "111"))
	if _, err := l.EraseValue(t.Context(), linkertest.Saw("a@example.com", ""), true, false); err != nil {
		t.Fatal(err)
	}
	values := []identity.Observation{linkertest.Saw("a@example.com", ""), linkertest.Saw("", "111"), linkertest.Saw("new@example.com", "")}
	results, complete, err := l.BlockAll(t.Context(), values, "a test", false)
	if err != nil || !complete || identity.CodeOf(results[0].Err) != identity.CodeValueErased || !results[1].Complete || !results[2].Complete {
		t.Errorf("%+v, %v, %v", results, complete, err)
	}
	if blocked := linkertest.One[int](t, db.Pool, "SELECT COUNT(*) FROM blocks WHERE complete"); blocked != 2 {
		t.Errorf("%d blocks are complete", blocked)
	}
}
