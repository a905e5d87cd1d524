package lookup_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/lookup"
	"github.com/identikit/identikit/internal/mysqltest"
)

// Fails when a separation or a block is found by the wrong contact or value, or when it differs
// from the entry in the list.
func TestOneDecision(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	r, ctx := shop(t, db.Pool), t.Context()
	l := linkertest.New(db.Pool, cluster.Policy{})
	if _, err := l.Separate(ctx, 4, 2, "a test", false); err != nil {
		t.Fatal(err)
	}
	email, phone := identity.Observation{Email: "d@example.com"}, identity.Observation{Phone: "1001"}
	for _, value := range []identity.Observation{email, phone} {
		if _, err := l.Block(ctx, value, "a test", false); err != nil {
			t.Fatal(err)
		}
	}
	separations, _, err := r.Separations(ctx, lookup.Page{Limit: 10})
	if err != nil || len(separations) != 1 {
		t.Fatalf("%v, %v", separations, err)
	}
	for _, pair := range [][2]uint64{{2, 4}, {4, 2}} {
		got, err := r.Separation(ctx, pair[0], pair[1])
		if diff := cmp.Diff(separations[0], got); diff != "" || err != nil {
			t.Errorf("%v: %v (-want +got):\n%s", pair, err, diff)
		}
	}
	blocks, _, err := r.Blocks(ctx, lookup.Page{Limit: 10})
	if err != nil || len(blocks) != 2 {
		t.Fatalf("%v, %v", blocks, err)
	}
	for i, value := range []identity.Observation{email, phone} {
		want := lookup.Block{ID: uint64(i) + 1, Email: value.Email, Phone: value.Phone, Reason: "a test", Complete: true, Withheld: i + 1}
		got, err := r.BlockOf(ctx, value)
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(want, "ContactID", "CreatedAt")); diff != "" || err != nil {
			t.Errorf("%+v: %v (-want +got):\n%s", value, err, diff)
		}
		byID, err := r.Block(ctx, got.ID)
		if diff := cmp.Diff([]lookup.Block{got, got}, []lookup.Block{blocks[1-i], byID}); diff != "" || err != nil {
			t.Errorf("%+v: %v (-by value +in the list and by id):\n%s", value, err, diff)
		}
		if got.ContactID == 0 || time.Since(got.CreatedAt).Abs() > time.Hour {
			t.Errorf("got %+v", got)
		}
	}
	_, err = r.Separation(ctx, 1, 4)
	wantCode(t, err, identity.CodeRecordNotFound)
	_, err = r.Block(ctx, 3)
	wantCode(t, err, identity.CodeRecordNotFound)
	for _, value := range []identity.Observation{{Email: "a@example.com"}, {Phone: "1"}} {
		_, err = r.BlockOf(ctx, value)
		wantCode(t, err, identity.CodeRecordNotFound)
	}
}

// Fails when a block, or its end, that was interrupted looks as if it were complete, or one like the other.
func TestInterruptedBlock(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	r, ctx := shop(t, db.Pool), t.Context()
	b, err := linkertest.New(db.Pool, cluster.Policy{}).Block(ctx, identity.Observation{Email: "d@example.com"}, "a test", false)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		as               string
		complete, ending bool
	}{
		{"UPDATE blocks SET complete = TRUE, linking = 0, withheld = 3", true, false},
		{"UPDATE blocks SET complete = FALSE, linking = 2, withheld = 1", false, false},
		{"UPDATE contacts SET blocked = FALSE", false, true},
	} {
		if _, err := db.Pool.ExecContext(ctx, step.as); err != nil {
			t.Fatal(err)
		}
		got, err := r.Block(ctx, b.ID)
		if err != nil || got.Complete != step.complete || got.Ending != step.ending || got.Linking+got.Withheld != 3 {
			t.Errorf("after %s: %+v, %v", step.as, got, err)
		}
	}
}
