package linker_test

import (
	"database/sql"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/mysqltest"
	"github.com/identikit/identikit/internal/snapshot"
)

// Fails when a new value takes the place of its customer's primary, or a secondary becomes older than its
// primary, because the clocks of the servers differ, as after a failover to one that is behind, or between
// servers that all accept writes. The clocks of the sessions here are right, two hours behind, and a year
// ahead.
func TestClocksOfServersDiffer(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	now := linkertest.One[int](t, db.Pool, "SELECT UNIX_TIMESTAMP()")
	systems := []*linkertest.System{linkertest.Open(t, db.Config)}
	for _, seconds := range []int{-2 * 3600, 365 * 86400} {
		systems = append(systems, linkertest.Open(t, linkertest.With(t, db, map[string]string{"timestamp": strconv.Itoa(now + seconds)})))
	}
	const seed = 5
	random := rand.New(rand.NewPCG(seed, seed))
	reference := linkertest.NewReference(1)
	for range 200 {
		o := linkertest.Numbered(1, 1+random.IntN(120), 1+random.IntN(120))
		reference.Learn([]identity.Observation{o})
		before := primariesOf(t, db.Pool, o)
		got := linkertest.LinkOne(t, systems[random.IntN(len(systems))], o)
		if len(before) == 1 && !before[got.PrimaryID] {
			t.Errorf("%v: primary %d, before %v", o, got.PrimaryID, before)
		}
	}
	stored := linkertest.Rows(t, db.Pool, 1)
	linkertest.CheckRows(t, stored)
	if diff := cmp.Diff(linkertest.Partition(reference.Rows()), linkertest.Partition(stored)); diff != "" {
		t.Errorf("(-reference +linkers):\n%s", diff)
	}
	if _, err := snapshot.Verify(t.Context(), db.Pool, func(d snapshot.Drift) { t.Error(d) }); err != nil {
		t.Error(err)
	}
}

// primariesOf returns the primaries of the values that are stored.
func primariesOf(t *testing.T, db *sql.DB, o identity.Observation) map[uint64]bool {
	t.Helper()
	primaries := map[uint64]bool{}
	for _, value := range []string{o.Email, o.Phone} {
		found := linkertest.Query(t, db, "SELECT COALESCE(linked_id, id) FROM contacts WHERE ? IN (email, phone_number)", value,
			func(id *uint64) []any { return []any{id} })
		for _, id := range found {
			primaries[id] = true
		}
	}
	return primaries
}
