package importer_test

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/importer"
	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/mysqltest"
	"github.com/identikit/identikit/internal/snapshot"
	"github.com/identikit/identikit/internal/suppression"
)

// Fails when an import in segments, jobs and batches, with several writers, gives other customers, other
// primaries, other observations or other counts than linking one row after the other, or when importing
// the file again changes something. Segments and batches are so small that customers and repeated rows
// are in several of them, and that what is connected does not fit into a batch.
func TestImportEqualsRowByRow(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		policy cluster.Policy
		times  bool
		values int // of each kind: the fewer, the larger the customers
		ids    linkertest.IDs
	}{
		"without times":    {cluster.Policy{}, false, 250, linkertest.Dense()},
		"with times":       {cluster.Policy{}, true, 250, linkertest.OfNode(3)},
		"large customers":  {cluster.Policy{}, false, 90, linkertest.OfNode(3)},
		"fan-out":          {cluster.Policy{EmailsPerPhone: 2, PhonesPerEmail: 3}, false, 150, linkertest.Dense()},
		"fuse":             {cluster.Policy{ClusterValues: 5}, false, 200, linkertest.OfNode(3)},
		"fuse, with times": {cluster.Policy{ClusterValues: 6, EmailsPerPhone: 3}, true, 150, linkertest.Dense()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(2026, 9))
			known, file := randomRows(random, 60, c.values, c.times), randomRows(random, 250, c.values, c.times)
			one, all := mysqltest.NewDB(t).Pool, c.ids.Open(t, mysqltest.NewDB(t))
			want := linkEach(t, one, c.policy, known, file)
			linkEach(t, all, c.policy, known, nil)
			for _, when := range []string{"import", "import again"} {
				if when == "import again" {
					want = linkEach(t, one, c.policy, nil, file)
				}
				done := run(t, all, csvOf(file), func(o *importer.Options) {
					o.Linker = keyed(all, c.policy)
					o.SegmentSize, o.BatchSize, o.Writers = 20+random.IntN(150), 1+random.IntN(12), 1+random.IntN(4)
				})
				if diff := cmp.Diff(want, done.Counts); diff != "" {
					t.Errorf("%s: counts (-row by row +import):\n%s", when, diff)
				}
				if diff := cmp.Diff(customers(t, one, !c.times), customers(t, all, !c.times)); diff != "" {
					t.Errorf("%s: (-row by row +import):\n%s", when, diff)
				}
			}
			if _, err := snapshot.Verify(t.Context(), all, func(d snapshot.Drift) { t.Error(d) }); err != nil {
				t.Error(err)
			}
		})
	}
}

// Fails when of contacts with the same time, whose customers become one later, not the first in the file is
// the primary. Exports have such contacts, and promise the same primaries.
func TestEqualTimesKeepTheirOrder(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t).Pool
	var contacts, joins strings.Builder
	for i := range 40 {
		fmt.Fprintf(&contacts, "z%02d@example.com,,2020-01-%02d\n", 99-i, 1+i/2)
		fmt.Fprintf(&joins, "z%02d@example.com,49%04d,2021-01-01\n", 99-i, i/2)
	}
	run(t, db, "email,phone,observedAt\n"+contacts.String()+joins.String(), func(o *importer.Options) {
		o.SegmentSize, o.BatchSize, o.Writers = 40, 1, 4
	})
	primaries := query(t, db, "SELECT email FROM contacts WHERE linked_id IS NULL ORDER BY created_at", func(s *string) []any { return []any{s} })
	for i, got := range primaries {
		if want := fmt.Sprintf("z%02d@example.com", 99-2*i); got != want {
			t.Errorf("primary %d is %s, want %s", i, got, want)
		}
	}
	if len(primaries) != 20 {
		t.Errorf("%d customers, want 20", len(primaries))
	}
}

// keyed returns a linker that refuses what was suppressed.
func keyed(db *sql.DB, p cluster.Policy) *linkertest.System {
	return linkertest.New(db, p, []byte(strings.Repeat("k", suppression.MinKey)))
}

// linkEach links observations one by one, and suppresses two values after those that are known.
func linkEach(t *testing.T, db *sql.DB, p cluster.Policy, known, observations []identity.Observation) (counts cluster.Counts) {
	t.Helper()
	l := keyed(db, p)
	for i, o := range append(known, observations...) {
		c, err := l.Import(t.Context(), []identity.Observation{o})
		if err != nil {
			t.Fatal(err)
		}
		if i == len(known)-1 {
			for _, v := range []identity.Observation{{Email: o.Email}, {Phone: o.Phone}} {
				if _, err := l.EraseValue(t.Context(), v, true, false); err != nil {
					t.Fatal(err)
				}
			}
		}
		if i >= len(known) {
			counts.Created += c.Created
			counts.Linked += c.Linked
			counts.Merged += c.Merged
			counts.Unchanged += c.Unchanged
			counts.Withheld += c.Withheld
			counts.Erased += c.Erased
		}
	}
	return counts
}

// randomRows returns n observations of a number of e-mail addresses and phone numbers. The last one has
// both. With times, some have a time, each another one.
func randomRows(random *rand.Rand, n, values int, times bool) []identity.Observation {
	all := make([]identity.Observation, n)
	order := random.Perm(n)
	for i := range all {
		o := &all[i]
		if kind := random.IntN(5); kind > 0 || i == n-1 {
			o.Email = fmt.Sprintf("e%d@example.com", random.IntN(values))
		}
		if o.Email == "" || random.IntN(4) > 0 || i == n-1 {
			o.Phone = fmt.Sprintf("49%04d", random.IntN(values))
		}
		if i > 0 && random.IntN(6) == 0 && i < n-1 {
			*o = all[random.IntN(i)]
		}
		o.SeenAt = time.Time{}
		if times && random.IntN(4) > 0 {
			o.SeenAt = time.Date(2020, 1, 1, n%100, order[i], 0, 0, time.UTC)
		}
	}
	return all
}

func csvOf(observations []identity.Observation) string {
	var b strings.Builder
	b.WriteString("email,phone,observedAt\n")
	for _, o := range observations {
		at := ""
		if !o.SeenAt.IsZero() {
			at = o.SeenAt.Format(time.RFC3339Nano)
		}
		fmt.Fprintf(&b, "%s,%s,%s\n", o.Email, o.Phone, at)
	}
	return b.String()
}

// customers lists the customers, each with its values by age, and the observations with the reason why they
// do not link. Values that a contact holds together are joined. With primaryFirst the values of the primary
// come first. Without it, contacts of the same age are in any order: one row with an early time can give
// two of them the same.
func customers(t *testing.T, db *sql.DB, primaryFirst bool) []string {
	t.Helper()
	order := "created_at, COALESCE(email, phone_number)"
	if primaryFirst {
		order = "linked_id IS NOT NULL, " + order
	}
	return query(t, db, `
		SELECT GROUP_CONCAT(CONCAT_WS('+', email, phone_number) ORDER BY `+order+` SEPARATOR ' ') AS line
		FROM contacts WHERE deleted_at IS NULL GROUP BY COALESCE(linked_id, id)
		UNION ALL
		SELECT CONCAT_WS(' ', 'pair', e.email, p.phone_number, COALESCE(o.withheld, 'links'))
		FROM observations AS o JOIN contacts AS e ON e.id = o.email_contact_id JOIN contacts AS p ON p.id = o.phone_contact_id
		ORDER BY line`, func(line *string) []any { return []any{line} })
}
