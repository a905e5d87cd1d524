package snapshot_test

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/mysqltest"
)

func TestMain(m *testing.M) { mysqltest.Main(m) }

// state is the content of a database, with contacts numbered from 1 by age, so
// that databases with the same content have the same state.
type state struct {
	Contacts     []contact
	Observations map[[2]int]time.Time // by the contacts of e-mail address and phone number
}

type contact struct {
	Email, Phone string
	Primary      int // 0 for a primary
	CreatedAt    time.Time
}

func stateOf(t testing.TB, db *sql.DB) state {
	t.Helper()
	s := state{Observations: map[[2]int]time.Time{}}
	rank := map[uint64]int{}
	var primaries []uint64
	scan(t, db, `SELECT id, COALESCE(email, ''), COALESCE(phone_number, ''), COALESCE(linked_id, 0), created_at
		FROM contacts WHERE deleted_at IS NULL ORDER BY created_at, id`, func(rows *sql.Rows) error {
		var id, primary uint64
		var c contact
		err := rows.Scan(&id, &c.Email, &c.Phone, &primary, &c.CreatedAt)
		s.Contacts, primaries = append(s.Contacts, c), append(primaries, primary)
		rank[id] = len(s.Contacts)
		return err
	})
	for i, id := range primaries {
		s.Contacts[i].Primary = rank[id]
	}
	scan(t, db, "SELECT email_contact_id, phone_contact_id, first_seen_at FROM observations WHERE withheld IS NULL",
		func(rows *sql.Rows) error {
			var email, phone uint64
			var seen time.Time
			err := rows.Scan(&email, &phone, &seen)
			s.Observations[[2]int{rank[email], rank[phone]}] = seen
			return err
		})
	return s
}

func scan(t testing.TB, db *sql.DB, query string, each func(*sql.Rows) error) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(rows); err != nil {
			t.Fatal(err)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}

func exec(t testing.TB, db *sql.DB, statement string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), statement, args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func link(t testing.TB, db *sql.DB, observations ...identity.Observation) {
	t.Helper()
	if _, err := linkertest.New(db, cluster.Policy{}).Import(t.Context(), observations); err != nil {
		t.Fatal(err)
	}
}

// history returns n observations of few customers, some in the past, that link and merge.
func history(n int, seed uint64) []identity.Observation {
	random := rand.New(rand.NewPCG(seed, seed))
	start := time.Date(2019, 5, 1, 12, 0, 0, 123456000, time.UTC)
	all := make([]identity.Observation, n)
	for i := range all {
		o := &all[i]
		if random.IntN(4) > 0 {
			o.Email = fmt.Sprintf("e%d@example.com", random.IntN(n))
		}
		if random.IntN(4) > 0 || o.Email == "" {
			o.Phone = fmt.Sprintf("49%d", random.IntN(n))
		}
		if random.IntN(3) > 0 {
			o.SeenAt = start.Add(time.Duration(random.IntN(1e9)) * time.Millisecond)
		}
	}
	return all
}

func email(i int) string { return fmt.Sprintf("e%d@example.com", i) }

func phone(i int) string { return fmt.Sprintf("49%07d", i) }
