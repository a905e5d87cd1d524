package lookup_test

import (
	"database/sql"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/lookup"
	"github.com/identikit/identikit/internal/mysqltest"
)

func TestMain(m *testing.M) { mysqltest.Main(m) }

func exec(t testing.TB, db *sql.DB, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

func link(t testing.TB, db *sql.DB, policy cluster.Policy, observations ...identity.Observation) []identity.Cluster {
	t.Helper()
	clusters, err := linkertest.New(db, policy).Link(t.Context(), observations)
	if err != nil {
		t.Fatal(err)
	}
	return clusters
}

// day is the time of an observation.
func day(n int) time.Time { return time.Date(2020, 1, n, 1, 2, 3, 4000, time.UTC) }

// saw is an observation of the nth day; 0 is now.
func saw(email, phone string, n int) identity.Observation {
	o := identity.Observation{Email: email, Phone: phone}
	if n > 0 {
		o.SeenAt = day(n)
	}
	return o
}

// hub is a cluster of n values: one phone number and n-1 e-mail addresses observed with it.
func hub(n int) []identity.Observation {
	all := make([]identity.Observation, n-1)
	for i := range all {
		all[i] = identity.Observation{Email: fmt.Sprintf("hub%d@example.com", i), Phone: "770"}
	}
	return all
}

// shop fills a database with few customers:
//
//	1 a@ 1001, 2 b@ (of 1), 3 1002 (of 1)      4 c@ 1003, 5 d@ (of 4)      6 gone@, erased
func shop(t testing.TB, db *sql.DB) *lookup.Reader {
	t.Helper()
	link(t, db, cluster.Policy{},
		saw("a@example.com", "1001", 1), saw("b@example.com", "1001", 2), saw("b@example.com", "1002", 3),
		saw("c@example.com", "1003", 4), saw("d@example.com", "1003", 5), saw("gone@example.com", "", 6),
	)
	exec(t, db, "UPDATE contacts SET email = NULL, deleted_at = '2021-02-03 04:05:06.000007' WHERE id = 6")
	return lookup.New(db)
}

func wantCode(t testing.TB, err error, want identity.Code) {
	t.Helper()
	if got := identity.CodeOf(err); got != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// pages reads a list in pages of the given size.
func pages[T any](t testing.TB, size int32, list func(lookup.Page) ([]T, string, error)) []T {
	t.Helper()
	var all []T
	for after := ""; ; {
		part, next, err := list(lookup.Page{Limit: size, After: after})
		if len(all) > 10_000 {
			t.Fatal("the pages do not end")
		}
		if err != nil {
			t.Fatal(err)
		}
		if len(part) > int(size) || next != "" && len(part) < int(size) {
			t.Errorf("a page of %d entries, want %d", len(part), size)
		}
		all = slices.Concat(all, part)
		if after = next; next == "" {
			return all
		}
	}
}
