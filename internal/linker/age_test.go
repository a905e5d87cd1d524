package linker_test

import (
	"database/sql"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/mysqltest"
)

// aged is a value with the age of its contact and that of its primary. Which of two contacts of
// the same age is primary is up to their ids.
type aged struct {
	Value              string
	Primary, CreatedAt time.Time
}

func ages(t *testing.T, db *sql.DB) []aged {
	t.Helper()
	return linkertest.Query(t, db, `SELECT v.value, p.created_at, v.created_at
		FROM (SELECT email AS value, id, linked_id, created_at FROM contacts WHERE email IS NOT NULL AND id >= ?
			UNION ALL SELECT phone_number, id, linked_id, created_at FROM contacts WHERE phone_number IS NOT NULL) v
		JOIN contacts p ON p.id = COALESCE(v.linked_id, v.id) ORDER BY v.value`, 1,
		func(a *aged) []any { return []any{&a.Value, &a.Primary, &a.CreatedAt} })
}

// Fails when what was seen in the past makes another primary, another age or another partition in
// one order than in another: a file need not be sorted.
func TestThePastDoesNotDependOnItsOrder(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	l := linkertest.New(db.Pool, cluster.Policy{})
	const seed = 11
	random := rand.New(rand.NewPCG(seed, seed))
	start := time.Date(2019, 5, 1, 12, 0, 0, 123456000, time.UTC)
	at := func(o identity.Observation) identity.Observation {
		o.SeenAt = start.Add(time.Duration(random.IntN(1_000_000)) * time.Second)
		return o
	}
	// Every value comes alone first: else the order decides which two values share a contact.
	var alone, together []identity.Observation
	for i := range 30 {
		alone = append(alone, at(linkertest.Numbered(1, 1+i, 0)), at(linkertest.Numbered(1, 0, 1+i)))
		together = append(together, at(linkertest.Numbered(1, 1+random.IntN(30), 1+random.IntN(30))))
	}
	var want []aged
	for run := range 6 {
		for _, part := range [][]identity.Observation{alone, together} {
			random.Shuffle(len(part), func(i, j int) { part[i], part[j] = part[j], part[i] })
			for slice := range slices.Chunk(part, 1+7*run) {
				if _, err := l.Import(t.Context(), slice); err != nil {
					t.Fatal(err)
				}
			}
		}
		linkertest.CheckRows(t, linkertest.Rows(t, db.Pool, 1))
		got := ages(t, db.Pool)
		if run == 0 {
			want = got
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("run %d (-first +this):\n%s", run, diff)
		}
		linkertest.Empty(t, db.Pool)
	}
}

// Fails when an imported past does not reach a contact that is stored already, or when a time in
// the future is taken for true.
func TestThePastMakesStoredContactsOlder(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	l := linkertest.New(db.Pool, cluster.Policy{})
	old := time.Date(2011, 1, 2, 3, 4, 5, 6000, time.UTC)
	for _, o := range []identity.Observation{
		linkertest.Saw("a@example.com", "1001"), linkertest.Saw("b@example.com", "1002"), linkertest.Saw("a@example.com", "1002"),
		{Email: "b@example.com", Phone: "1002", SeenAt: old},
		{Email: "a@example.com", Phone: "1001", SeenAt: time.Now().Add(time.Hour)},
		{Email: "new@example.com", SeenAt: time.Now().Add(time.Hour)},
	} {
		if _, err := l.Import(t.Context(), []identity.Observation{o}); err != nil {
			t.Fatal(err)
		}
	}
	want := []linkertest.Row{
		{ID: 2, Email: "b@example.com", Phone: "1002"},
		{ID: 1, Email: "a@example.com", Phone: "1001", LinkedID: 2},
		{ID: 3, Email: "new@example.com"},
	}
	if diff := cmp.Diff(want, linkertest.Rows(t, db.Pool, 1)); diff != "" {
		t.Errorf("contacts by age (-want +got):\n%s", diff)
	}
	seen := linkertest.Query(t, db.Pool, "SELECT first_seen_at FROM observations WHERE id > ? ORDER BY first_seen_at", 0,
		func(at *time.Time) []any { return []any{at} })
	if len(seen) != 3 || !seen[0].Equal(old) {
		t.Errorf("observations of %v, want 3, the first of %v", seen, old)
	}
	for _, a := range append(ages(t, db.Pool), aged{CreatedAt: seen[2]}) {
		if a.CreatedAt.After(time.Now().Add(time.Minute)) {
			t.Errorf("%s is of the future: %v", a.Value, a.CreatedAt)
		}
	}
}

// Fails when what became of observations is counted wrong.
func TestImportCounts(t *testing.T) {
	t.Parallel()
	l := linkertest.New(mysqltest.NewDB(t).Pool, cluster.Policy{})
	slice := []identity.Observation{
		linkertest.Saw("a@example.com", "1001"), linkertest.Saw("a@example.com", "1001"), linkertest.Saw("b@example.com", "1002"),
		linkertest.Saw("a@example.com", "1003"), linkertest.Saw("b@example.com", "1003"), linkertest.Saw("", "1002"),
	}
	for _, want := range []cluster.Counts{
		{Created: 2, Linked: 1, Merged: 1, Unchanged: 2},
		{Unchanged: 6},
	} {
		got, err := l.Import(t.Context(), slice)
		if err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
}
