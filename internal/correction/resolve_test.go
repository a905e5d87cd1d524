package correction_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/correction"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/mysqltest"
)

// refuse observes that n customers have the phone number of the first, which the policy of the system
// forbids. The refusals have the ids 1 to n-1.
func refuse(t *testing.T, l linkertest.Linker, n int) {
	t.Helper()
	for i := range n {
		linkertest.LinkOne(t, l, linkertest.Saw(fmt.Sprintf("p%d@example.com", i), fmt.Sprintf("55%d", i)))
	}
	for i := 1; i < n; i++ {
		linkertest.LinkOne(t, l, linkertest.Saw(fmt.Sprintf("p%d@example.com", i), "550"))
	}
}

// summary shows each result as its code, "done" or "".
func summary(r correction.Resolved) []string {
	texts := make([]string, len(r.Results))
	for i, one := range r.Results {
		switch {
		case one.Err != nil:
			texts[i] = string(identity.CodeOf(one.Err))
		case one.Reached:
			texts[i] = "done"
		}
	}
	return texts
}

// Fails when one refusal that cannot be accepted keeps others from being accepted, when a dry run changes
// something or counts other customers than the acceptance, or when repeating it gives another result.
func TestAcceptAll(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	l := linkertest.New(db.Pool, cluster.Policy{EmailsPerPhone: 1})
	refuse(t, l, 5)
	if err := l.Dismiss(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	ids := []uint64{1, 2, 3, 99}
	want := []string{"done", string(identity.CodeRefusalDecided), "done", string(identity.CodeRecordNotFound)}
	for _, dryRun := range []bool{true, false, false} {
		before := linkertest.Rows(t, db.Pool, 1)
		got, err := l.AcceptAll(t.Context(), ids, dryRun)
		if err != nil || !got.Complete {
			t.Fatalf("dry run %v: %+v, %v", dryRun, got, err)
		}
		if diff := cmp.Diff(want, summary(got)); diff != "" {
			t.Errorf("dry run %v (-want +got):\n%s", dryRun, diff)
		}
		if dryRun {
			if got.CustomersBefore != 3 || got.CustomersAfter != 1 {
				t.Errorf("%d customers become %d", got.CustomersBefore, got.CustomersAfter)
			}
			if diff := cmp.Diff(before, linkertest.Rows(t, db.Pool, 1)); diff != "" {
				t.Errorf("the dry run changed (-before +after):\n%s", diff)
			}
		}
	}
	if open := linkertest.Column(t, db.Pool, "SELECT id FROM refusals WHERE closed_at IS NULL"); !cmp.Equal(open, []uint64{4}) {
		t.Errorf("open: %v", open)
	}
}

// Fails when the number of customers that are left is counted wrong in the run that changes them: each
// acceptance sees what the ones before it merged.
func TestAcceptAllCounts(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	l := linkertest.New(db.Pool, cluster.Policy{EmailsPerPhone: 1})
	refuse(t, l, 6)
	got, err := l.AcceptAll(t.Context(), []uint64{1, 2, 3, 4, 5}, false)
	if err != nil || got.CustomersBefore != 6 || got.CustomersAfter != 1 {
		t.Errorf("got %+v, %v", got, err)
	}
}

// Fails when a dry run dismisses, or says something else than the dismissal.
func TestDismissAll(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	l := linkertest.New(db.Pool, cluster.Policy{EmailsPerPhone: 1})
	refuse(t, l, 4)
	if _, err := l.Accept(t.Context(), 3, false); err != nil {
		t.Fatal(err)
	}
	want := []string{"done", "done", string(identity.CodeRefusalDecided)}
	for i, dryRun := range []bool{true, true, false, false} {
		got, err := l.DismissAll(t.Context(), []uint64{1, 2, 3}, dryRun)
		if diff := cmp.Diff(want, summary(got)); diff != "" || err != nil || !got.Complete {
			t.Errorf("call %d: %v (-want +got):\n%s", i, err, diff)
		}
		open := linkertest.Column(t, db.Pool, "SELECT id FROM refusals WHERE closed_at IS NULL")
		if (len(open) == 2) != dryRun {
			t.Errorf("call %d: open: %v", i, open)
		}
	}
}

// Fails when a call without enough time decides nothing, or does not say what it did not reach.
func TestAcceptAllStopsInTime(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	l := linkertest.New(db.Pool, cluster.Policy{EmailsPerPhone: 1})
	refuse(t, l, 30)
	ids := make([]uint64, 29)
	for i := range ids {
		ids[i] = uint64(i + 1)
	}
	// The first acceptance waits for the lock of its cluster until more than half of the time is over.
	const limit = 4 * time.Second
	tx := linkertest.Begin(t, db.Pool)
	linkertest.Exec(t, tx, "SELECT id FROM contacts WHERE id = 1 FOR UPDATE")
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	time.AfterFunc(limit/2+200*time.Millisecond, func() { _ = tx.Rollback() })
	got, err := l.AcceptAll(ctx, ids, false)
	if err != nil || got.Complete {
		t.Fatalf("%+v, %v", got, err)
	}
	if texts := summary(got); texts[0] != "done" || texts[1] != "" {
		t.Errorf("got %v", texts)
	}
	if got, err = l.AcceptAll(t.Context(), ids, false); err != nil || !got.Complete || got.CustomersAfter != 1 {
		t.Errorf("repeated: %+v, %v", got, err)
	}
}
