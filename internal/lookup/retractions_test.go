package lookup_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/lookup"
	"github.com/identikit/identikit/internal/mysqltest"
)

// Fails when a retraction is missing from the list, stays in it after it was restored, is there twice after it
// was repeated, does not say who retracted it and why, or when the list is not the newest first.
func TestRetractions(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	r, ctx := shop(t, db.Pool), t.Context()
	l := linkertest.New(db.Pool, cluster.Policy{})
	for _, id := range []uint64{4, 2, 3, 1} {
		if _, err := l.Retract(identity.WithActor(ctx, 10+id), id, fmt.Sprint("reason ", id), false); err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range []uint64{3, 2} {
		if _, err := l.Restore(ctx, id, false); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := l.Retract(ctx, 2, "", false); err != nil { // again, by nobody
		t.Fatal(err)
	}
	if _, err := l.Retract(identity.WithActor(ctx, 20), 4, "another reason", false); err != nil { // keeps its place
		t.Fatal(err)
	}
	for _, size := range []int32{1, 2, 10} {
		got := pages(t, size, func(p lookup.Page) ([]lookup.Retraction, string, error) { return r.Retractions(ctx, p) })
		var ids, keys []uint64
		var reasons []string
		for _, one := range got {
			ids, keys = append(ids, one.Seen.ID), append(keys, one.KeyID)
			reasons = append(reasons, one.Reason)
		}
		if !slices.Equal(ids, []uint64{2, 1, 4}) || !slices.Equal(keys, []uint64{0, 11, 20}) {
			t.Errorf("observations %v by keys %v", ids, keys)
		}
		if want := []string{"", "reason 1", "another reason"}; !slices.Equal(reasons, want) {
			t.Errorf("reasons %q, want %q", reasons, want)
		}
		if got[0].Seen.Email != "b@example.com" || got[0].Seen.Phone != "1001" || got[0].At.Before(got[1].At) {
			t.Errorf("%+v", got[0])
		}
	}
}
