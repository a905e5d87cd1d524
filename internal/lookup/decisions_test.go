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
		want := lookup.Block{ID: uint64(i) + 1, Email: value.Email, Phone: value.Phone, Reason: "a test"}
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
