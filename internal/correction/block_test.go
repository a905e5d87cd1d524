package correction_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/correction"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/mysqltest"
	"github.com/identikit/identikit/internal/snapshot"
)

// hurried is a context whose time is used up and that does not end: one step is all it allows.
type hurried struct{ context.Context } //nolint:containedctx // it is one

func (hurried) Deadline() (time.Time, bool) { return time.Now(), true }

// Fails when a large block is done in one transaction, cannot go on where it stopped, or leaves on the
// way what verify calls a drift.
func TestBlockGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	l := linkertest.New(db.Pool, cluster.Policy{})
	const emails = 2500
	var kiosk []identity.Observation
	for i := range emails {
		kiosk = append(kiosk, linkertest.Saw(fmt.Sprintf("e%d@example.com", i), "555"))
	}
	if _, err := l.Import(t.Context(), kiosk); err != nil {
		t.Fatal(err)
	}
	verify := func(clusters int) {
		t.Helper()
		found, err := snapshot.Verify(t.Context(), db.Pool, func(d snapshot.Drift) { t.Error(d) })
		if err != nil || found.Clusters != clusters {
			t.Errorf("%+v, %v; want %d clusters", found, err, clusters)
		}
	}
	ctx := hurried{t.Context()}
	var id uint64
	for _, want := range []int{2000, 1500, 1000, 500, 0} {
		b, err := l.Block(ctx, linkertest.Saw("", "555"), "a kiosk", false)
		if err != nil || b.Linking != want || b.Withheld != emails-want {
			t.Fatalf("linking %d, withheld %d, %v; want %d linking", b.Linking, b.Withheld, err, want)
		}
		verify(emails - want + 1)
		id = b.ID
	}
	var b correction.Blocking
	steps := 0
	for ; !b.Complete; steps++ {
		var err error
		if b, err = l.Unblock(ctx, id, false); err != nil {
			t.Fatal(err)
		}
	}
	verify(1)
	// The phone number has more observations than may move to a new contact: it keeps the id.
	if holder := linkertest.One[uint64](t, db.Pool, "SELECT id FROM contacts WHERE phone_number = '555'"); holder != 1 {
		t.Errorf("contact %d holds the phone number", holder)
	}
	if steps != 5 {
		t.Errorf("unblocked in %d steps", steps)
	}
}

// Fails when the block of an erased value stays, when words that quote it do, or when it cannot be
// seen, and blocked, again.
func TestErasedBlockIsGone(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	l := linkertest.New(db.Pool, cluster.Policy{})
	linkertest.LinkOne(t, l, linkertest.Saw("a@example.com", "4155550132"))
	for _, b := range []struct {
		value  identity.Observation
		reason string
	}{{linkertest.Saw("", "4155550132"), "the counter"}, {linkertest.Saw("", "777"), "like 555-0132, a counter"}} {
		if _, err := l.Block(t.Context(), b.value, b.reason, false); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := l.EraseValue(t.Context(), linkertest.Saw("", "4155550132"), false, false); err != nil {
		t.Fatal(err)
	}
	if left := linkertest.One[string](t, db.Pool, "SELECT GROUP_CONCAT(CONCAT(id, ':', reason)) FROM blocks"); left != "2:" {
		t.Errorf("blocks left: %q", left)
	}
	if got := linkertest.LinkOne(t, l, linkertest.Saw("b@example.com", "4155550132")); got.Refused != nil || len(got.Phones) != 1 {
		t.Errorf("seen again: %+v", got)
	}
}
