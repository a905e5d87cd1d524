package survey_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/ledger"
	"github.com/identikit/identikit/internal/linker"
	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/mysqltest"
	"github.com/identikit/identikit/internal/survey"
)

// counted is a cluster or a hub with its count.
type counted struct {
	Field identity.Field
	ID    uint64
	N     int
}

func countedOf(r survey.Result) (clusters, hubs []counted) {
	for _, c := range r.Clusters {
		clusters = append(clusters, counted{"", c.PrimaryID, c.Contacts})
	}
	for _, h := range r.Hubs {
		hubs = append(hubs, counted{h.Kind, h.ContactID, h.Observations})
	}
	return clusters, hubs
}

// bruteForce counts everything in one statement.
func bruteForce(t *testing.T, db *sql.DB) (clusters, hubs []counted) {
	t.Helper()
	fields := func(c *counted) []any { return []any{&c.Field, &c.ID, &c.N} }
	clusters = linkertest.Query(t, db, `SELECT '', linked_id, COUNT(*) + 1 AS n FROM contacts
		WHERE linked_id IS NOT NULL AND 1 = ? GROUP BY linked_id ORDER BY n DESC, linked_id LIMIT 20`, 1, fields)
	hubs = linkertest.Query(t, db, `
		SELECT 'email' AS field, email_contact_id AS id, COUNT(*) AS n FROM observations GROUP BY email_contact_id HAVING n > 2
		UNION ALL
		SELECT 'phoneNumber', phone_contact_id AS id, COUNT(*) AS n FROM observations WHERE 1 = ? GROUP BY phone_contact_id HAVING n > 2
		ORDER BY n DESC, field, id LIMIT 20`, 1, fields)
	return clusters, hubs
}

func wantBruteForce(t *testing.T, db *sql.DB, got survey.Result) {
	t.Helper()
	clusters, hubs := bruteForce(t, db)
	gotClusters, gotHubs := countedOf(got)
	if diff := cmp.Diff(clusters, gotClusters); diff != "" {
		t.Errorf("clusters (-brute force +survey):\n%s", diff)
	}
	if diff := cmp.Diff(hubs, gotHubs); diff != "" {
		t.Errorf("hubs (-brute force +survey):\n%s", diff)
	}
}

// sizes returns n sizes of which most are small, many are equal, and some are larger than several chunks.
func sizes(random *rand.Rand, n int) (all []int) {
	for range n {
		size := 1 + random.IntN(4)
		switch random.IntN(20) {
		case 0:
			size = 5 + random.IntN(60)
		case 1:
			size = []int{99, 100, 101, 199, 200, 201, 350}[random.IntN(7)]
		}
		all = append(all, size)
	}
	return all
}

// Fails when a group is missed, counted twice or in part where a chunk ends, or when the lists are not in
// order.
func TestSurveyEqualsBruteForce(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 1))
			db := mysqltest.NewDB(t).Pool
			fill(t, db, sizes(random, 150), sizes(random, 150), sizes(random, 150))
			s := process(t, db, &logged{})
			begin(t, s)
			wantBruteForce(t, db, wait(t, s))
		})
	}
}

// Fails when a survey of little data does not end, or says that there are clusters where there are none.
func TestSurveyOfLittle(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t).Pool
	s := process(t, db, &logged{})
	if state := read(t, s); state.Running != nil || state.Result != nil {
		t.Errorf("before the first: %+v", state)
	}
	for _, clusters := range [][]int{{}, {1, 1}, {100}, {1, 1, 101, 1}} { // the same rows, or none
		linkertest.Empty(t, db)
		fill(t, db, clusters, nil, nil)
		begin(t, s)
		got := wait(t, s)
		wantBruteForce(t, db, got)
		if got.FinishedAt.Before(got.StartedAt) || got.StartedAt.IsZero() {
			t.Errorf("from %v to %v", got.StartedAt, got.FinishedAt)
		}
	}
}

// Fails when clusters that are linked and merged meanwhile disturb the count of others.
func TestSurveyBesideWritesAndMerges(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t).Pool
	var large []int
	for n := range 25 {
		large = append(large, 300+10*n)
	}
	fill(t, db, large, large[:12], large[12:])
	ctx, stop := context.WithCancel(t.Context())
	l := linker.New(ledger.New(db), cluster.Policy{}, nil)
	var writers sync.WaitGroup
	for w := range 3 {
		writers.Go(func() {
			for i := 0; ctx.Err() == nil; i++ { // two customers, who become one, with a third value
				value := func(n int) string { return fmt.Sprintf("w%d-%d-%d@example.org", w, i, n) }
				number := func(n int) string { return fmt.Sprintf("88%d%06d%d", w, i, n) }
				for _, o := range []identity.Observation{
					{Email: value(1), Phone: number(1)}, {Email: value(2), Phone: number(2)}, {Email: value(1), Phone: number(2)}, {Email: value(3), Phone: number(1)},
				} {
					if _, err := l.Link(ctx, []identity.Observation{o}); err != nil && ctx.Err() == nil {
						t.Error(err)
						return
					}
				}
			}
		})
	}
	s := process(t, db, &logged{})
	for range 3 {
		begin(t, s)
		wait(t, s)
	}
	begin(t, s)
	got := wait(t, s)
	stop()
	writers.Wait()
	if n := linkertest.One[int](t, db, "SELECT COUNT(*) FROM contacts WHERE email LIKE 'w%@example.org'"); n < 10 {
		t.Fatalf("only %d values were written: the test is void", n)
	}
	wantBruteForce(t, db, got)
}

// Fails when a cluster that was merged into another one after it had been counted is shown with its old size.
func TestMergedMeanwhile(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t).Pool
	fill(t, db, []int{150, 100, 30, 20}, []int{5}, nil)
	s := process(t, db, &logged{})
	c, release := hold(t, db)
	begin(t, s)
	reached(t, s)
	exec(t, c, "LOCK TABLES observations WRITE, contacts WRITE", // the second becomes part of the first
		"UPDATE contacts SET linked_id = 1, link_precedence = 'secondary' WHERE id = 151 OR linked_id = 151")
	release()
	wantBruteForce(t, db, wait(t, s))
}
