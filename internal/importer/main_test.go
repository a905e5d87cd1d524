package importer_test

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/importer"
	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/mysqltest"
	"github.com/identikit/identikit/internal/stored"
)

func TestMain(m *testing.M) { mysqltest.Main(m) }

// run imports text and expects success.
func run(t testing.TB, db *sql.DB, text string, edit ...func(*importer.Options)) importer.Progress {
	t.Helper()
	done, err := try(t.Context(), db, strings.NewReader(text), edit...)
	if err != nil {
		t.Fatal(err)
	}
	return done
}

func try(ctx context.Context, db *sql.DB, input io.Reader, edit ...func(*importer.Options)) (importer.Progress, error) {
	o := importer.Options{
		Linker: linkertest.New(db, cluster.Policy{}), Finder: stored.New(db), Normalizer: &identity.Normalizer{}, BatchSize: 50,
	}
	for _, e := range edit {
		e(&o)
	}
	return importer.Run(ctx, input, o)
}

// dump returns every column of every row, including times.
func dump(t testing.TB, db *sql.DB) []string {
	t.Helper()
	return query(t, db, `SELECT CONCAT_WS('|', 'contact', id, phone_number, email, linked_id, link_precedence, created_at, updated_at, deleted_at)
		FROM contacts UNION ALL SELECT CONCAT_WS('|', 'observation', id, email_contact_id, phone_contact_id, first_seen_at, withheld)
		FROM observations ORDER BY 1`, func(line *string) []any { return []any{line} })
}

// rows returns the contacts by age, with their ranks as ids.
func rows(t testing.TB, db *sql.DB) []linkertest.Row {
	t.Helper()
	all := query(t, db, `SELECT id, COALESCE(email, ''), COALESCE(phone_number, ''), COALESCE(linked_id, 0)
		FROM contacts ORDER BY created_at, id`,
		func(r *linkertest.Row) []any { return []any{&r.ID, &r.Email, &r.Phone, &r.LinkedID} })
	rank := map[uint64]uint64{0: 0}
	for i, r := range all {
		rank[r.ID] = uint64(i + 1)
	}
	for i := range all {
		all[i].ID, all[i].LinkedID = rank[all[i].ID], rank[all[i].LinkedID]
	}
	return all
}

func query[T any](t testing.TB, db *sql.DB, text string, fields func(*T) []any) []T {
	t.Helper()
	found, err := db.QueryContext(context.Background(), text)
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	var all []T
	for found.Next() {
		var one T
		if err := found.Scan(fields(&one)...); err != nil {
			t.Fatal(err)
		}
		all = append(all, one)
	}
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// shop returns a file of n rows with repeated values, and its observations. With times, each row
// has a time in the past.
func shop(n int, times bool) (text string, observations []identity.Observation) {
	random := rand.New(rand.NewPCG(1, uint64(n)))
	var b strings.Builder
	b.WriteString("email,phone,observedAt\n")
	for range n {
		var o identity.Observation
		if random.IntN(4) > 0 {
			o.Email = fmt.Sprintf("e%d@example.com", random.IntN(n))
		}
		if random.IntN(4) > 0 || o.Email == "" {
			o.Phone = fmt.Sprintf("49%d", random.IntN(n))
		}
		at := ""
		if times {
			at = fmt.Sprintf("20%02d-%02d-%02d %02d:00:00", random.IntN(25), 1+random.IntN(12), 1+random.IntN(28), random.IntN(24))
		}
		fmt.Fprintf(&b, "%s,%s,%s\n", o.Email, o.Phone, at)
		observations = append(observations, o)
	}
	return b.String(), observations
}

func reference(observations []identity.Observation) *linkertest.Reference {
	r := linkertest.NewReference(1)
	r.Learn(observations)
	return r
}
