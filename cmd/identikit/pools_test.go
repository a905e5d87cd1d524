package main

import (
	"database/sql"
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/identikit/identikit/internal/mysqltest"
)

// Fails when batches, corrections or readers of events that wait for the database leave no
// connection for /identify and /readyz.
func TestSlowRequestsLeaveIdentifyItsConnections(t *testing.T) {
	t.Parallel()
	for _, connections := range []int{leastConnections, 20} {
		t.Run(fmt.Sprint(connections), func(t *testing.T) {
			t.Parallel()
			db := mysqltest.NewDB(t)
			p := serve(t, databaseURL(db), fmt.Sprint("DATABASE_MAX_CONNECTIONS=", connections), "REQUEST_TIMEOUT=50s")
			first := id(t, p.mustIdentify(t, pair(1)))
			p.mustIdentify(t, pair(2))
			p.mustIdentify(t, fmt.Sprintf(`{"email":%q,"phoneNumber":%q}`, email(1), phone(3)))
			release := hold(t, db, first)
			var slow sync.WaitGroup
			for i := range 30 {
				for _, r := range []struct{ method, path, body string }{
					{http.MethodGet, "/events", ""},
					{http.MethodPost, "/observations/1/retract", ""},
					{http.MethodPost, "/identify/batch", fmt.Sprintf(`[{"email":%q,"phoneNumber":%q},{"email":%q}]`,
						email(1), phone(100+i), email(200+i))},
				} {
					slow.Go(func() {
						answer, err := send(r.method, p.url+r.path, "application/json", r.body)
						if err != nil || answer.status >= http.StatusInternalServerError && answer.status != http.StatusServiceUnavailable {
							t.Errorf("%s %s: %v, %d %s", r.method, r.path, err, answer.status, answer.body)
						}
					})
				}
			}
			eventually(t, "slow requests use all their connections", func() error { return waitingFor(db, 3*max(1, (connections-12)/4)) })
			for i := range 20 {
				p.mustIdentify(t, pair(1000+i))
				p.mustIdentify(t, pair(2))
			}
			if status, body := p.get(t, "/readyz"); status != http.StatusOK {
				t.Errorf("/readyz: got %d %s", status, body)
			}
			release()
			slow.Wait()
			p.stop(t)
		})
	}
}

// hold locks a contact, and the table that readers of events need, until release is called.
// event_feed is used because it has no foreign key: locking a table with one would lock contacts
// too.
func hold(t *testing.T, db *mysqltest.DB, contact any) (release func()) {
	t.Helper()
	tx, err := db.Pool.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	table, err := db.Pool.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	release = sync.OnceFunc(func() {
		tx.Rollback()                                   //nolint:errcheck // only releases the lock
		table.ExecContext(t.Context(), "UNLOCK TABLES") //nolint:errcheck // as above
		table.Close()
	})
	t.Cleanup(release)
	if _, err := tx.ExecContext(t.Context(), "SELECT id FROM contacts WHERE id = ? FOR UPDATE", contact); err != nil {
		t.Fatal(err)
	}
	if _, err := table.ExecContext(t.Context(), "LOCK TABLES event_feed WRITE"); err != nil {
		t.Fatal(err)
	}
	return release
}

// waitingFor is nil if at least n statements wait for a lock.
func waitingFor(db *mysqltest.DB, n int) error {
	var waiting sql.NullInt64
	err := db.Pool.QueryRow(`SELECT COUNT(*) FROM information_schema.PROCESSLIST
		WHERE DB = DATABASE() AND ID <> CONNECTION_ID() AND (INFO LIKE '%FOR UPDATE%' OR INFO LIKE '%event_feed%')`).Scan(&waiting)
	if err == nil && waiting.Int64 < int64(n) {
		err = fmt.Errorf("%d statements wait", waiting.Int64)
	}
	return err
}
