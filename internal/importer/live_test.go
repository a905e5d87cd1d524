package importer_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/importer"
	"github.com/identikit/identikit/internal/lanes"
	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/mysqltest"
	"github.com/identikit/identikit/internal/snapshot"
)

// Fails when an import that runs together with a live service and another import on the same values
// makes a request fail, or when the result differs from that of one observation at a time.
func TestImportDuringLiveTraffic(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	text, observations := shop(1800, false)
	other, _ := shop(1800, true) // the same values in other combinations
	_, live := shop(1799, false)
	seed(t, db)
	all := linkertest.NewReference(1)

	var group sync.WaitGroup
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	for _, file := range []string{text, other} {
		group.Go(func() {
			pool := openPool(t, db.Config)
			done, err := try(ctx, pool, strings.NewReader(file), func(o *importer.Options) { o.BatchSize = 200 })
			if err != nil || done.Rows != len(observations) {
				t.Errorf("import: %+v, %v", done, err)
			}
		})
	}
	// Two services with 8 callers each. Every request must succeed.
	for service := range 2 {
		pool := openPool(t, db.Config)
		l := lanes.New(linkertest.New(pool, cluster.Policy{}).Linker, slog.New(slog.DiscardHandler))
		t.Cleanup(l.Stop)
		for caller := range 8 {
			group.Go(func() {
				for i := 8*service + caller; i < len(live); i += 16 {
					if _, err := l.Link(ctx, live[i:i+1]); err != nil {
						t.Errorf("request %d: %v", i, err)
						return
					}
				}
			})
		}
	}
	group.Wait()

	all.Learn(observations)
	all.Learn(ofFile(other))
	all.Learn(live)
	stored := query(t, db.Pool, `SELECT id, COALESCE(email, ''), COALESCE(phone_number, ''), COALESCE(linked_id, 0)
		FROM contacts WHERE COALESCE(email, '') NOT LIKE 'seed%' ORDER BY created_at, id`,
		func(r *linkertest.Row) []any { return []any{&r.ID, &r.Email, &r.Phone, &r.LinkedID} })
	linkertest.CheckRows(t, stored)
	if diff := cmp.Diff(linkertest.Partition(all.Rows()), linkertest.Partition(stored)); diff != "" {
		t.Errorf("partition (-one by one +all at once):\n%s", diff)
	}
	found, err := snapshot.Verify(t.Context(), db.Pool, func(d snapshot.Drift) { t.Error(d) })
	if err != nil || found.Contacts < len(stored) {
		t.Errorf("verify: %+v, %v", found, err)
	}
}

// seed fills the table: in a small table the server scans and locks everything, which hides races.
func seed(t *testing.T, db *mysqltest.DB) {
	t.Helper()
	var b strings.Builder
	b.WriteString("email,phone\n")
	for i := range 3000 {
		fmt.Fprintf(&b, "seed%d@example.com,990%06d\n", i, i)
	}
	run(t, db.Pool, b.String(), func(o *importer.Options) { o.BatchSize = 1000 })
}

func ofFile(text string) []identity.Observation {
	var all []identity.Observation
	for line := range strings.Lines(text) {
		cells := strings.Split(line, ",")
		if cells[0] != "email" {
			all = append(all, identity.Observation{Email: cells[0], Phone: cells[1]})
		}
	}
	return all
}

// openPool opens a pool as another process would.
func openPool(t *testing.T, config mysql.Config) *sql.DB {
	t.Helper()
	pool, err := mysql.Open(config, 8)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pool.Close() })
	return pool
}
