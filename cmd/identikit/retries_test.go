package main

import (
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/identikit/identikit/internal/mysqltest"
)

func retried(cause string) string { return fmt.Sprintf(`identikit_retries_total{cause=%q}`, cause) }

// rival is a transaction of the test that has inserted a value, for which the service must wait.
type rival struct {
	db *mysqltest.DB
	tx *sql.Tx
}

// newRival inserts n contacts with the phone numbers from 100 on, and does not commit.
func newRival(t *testing.T, db *mysqltest.DB, n int) rival {
	t.Helper()
	tx, err := db.Pool.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tx.Rollback() }) // most tests end it themselves
	r := rival{db, tx}
	for i := range n {
		r.exec(t, "INSERT INTO contacts (phone_number, link_precedence) VALUES (?, 'primary')", phone(100+i))
	}
	return r
}

func (r rival) exec(t *testing.T, statement string, args ...any) {
	t.Helper()
	if _, err := r.tx.ExecContext(t.Context(), statement, args...); err != nil {
		t.Fatal(err)
	}
}

func (r rival) rollBack(t *testing.T) {
	t.Helper()
	if err := r.tx.Rollback(); err != nil {
		t.Fatal(err)
	}
}

// identifyAsync links customer 1 with the value of the rival.
func (w watched) identifyAsync(t *testing.T) <-chan reply {
	t.Helper()
	answered := make(chan reply, 1)
	go func() {
		r, err := w.identify(fmt.Sprintf(`{"email":%q,"phoneNumber":%q}`, email(1), phone(100)))
		if err != nil {
			t.Error(err)
		}
		answered <- r
	}()
	return answered
}

// inserting waits until the service inserts, and returns its connection.
func (r rival) inserting(t *testing.T) (connection uint64) {
	t.Helper()
	eventually(t, "the service waits for the value", func() error {
		return r.db.Pool.QueryRow(`SELECT ID FROM information_schema.PROCESSLIST
			WHERE DB = DATABASE() AND ID <> CONNECTION_ID() AND INFO LIKE '%INSERT INTO contacts%' AND INFO NOT LIKE '%PROCESSLIST%' LIMIT 1`).Scan(&connection)
	})
	return connection
}

// patient is a database whose statements wait for locks longer than any test takes.
func patient(db *mysqltest.DB) string {
	separator := "?"
	if strings.Contains(db.URL(), "?") {
		separator = "&"
	}
	return databaseURL(db) + separator + "innodb_lock_wait_timeout=50"
}

// Fails when a deadlock, after which a request is done again, is not counted once.
func TestDeadlockIsCounted(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	w := serveWatched(t, patient(db))
	first := id(t, w.mustIdentify(t, pair(1)))
	before := w.metrics(t)
	r := newRival(t, db, 50) // it has written more than the service, which is why the service is the victim
	answered := w.identifyAsync(t)
	r.inserting(t)
	r.exec(t, "SELECT id FROM contacts WHERE id = ? FOR UPDATE", first)
	eventually(t, "the deadlock is counted", func() error {
		if n := w.metrics(t)[retried("deadlock")] - before[retried("deadlock")]; n != 1 {
			return fmt.Errorf("%g deadlocks", n)
		}
		return nil
	})
	r.rollBack(t)
	if a := <-answered; a.status != http.StatusOK || !strings.Contains(a.body, phone(100)) {
		t.Errorf("%d %s", a.status, a.body)
	}
	after := w.metrics(t)
	if n := after[retried("deadlock")] - before[retried("deadlock")]; n != 1 {
		t.Errorf("%g deadlocks, want 1", n)
	}
	if n := after[outcome("linked")] - before[outcome("linked")]; n != 1 {
		t.Errorf("%g observations were linked, want 1: one that was done again counts once", n)
	}
}

// Fails when a lock wait timeout, after which a request waits again, is not counted: one for a value that
// another transaction inserts, and one for a customer that it has locked.
func TestLockWaitIsCounted(t *testing.T) {
	t.Parallel()
	for name, lock := range map[string]func(*testing.T, rival, uint64){
		"value": func(*testing.T, rival, uint64) {},
		"customer": func(t *testing.T, r rival, first uint64) {
			t.Helper()
			r.exec(t, "SELECT id FROM contacts WHERE id = ? FOR UPDATE", first)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := mysqltest.NewDB(t)
			w := serveWatched(t, databaseURL(db), "REQUEST_TIMEOUT=1m")
			first := id(t, w.mustIdentify(t, pair(1)))
			r := newRival(t, db, map[string]int{"value": 1}[name])
			lock(t, r, first)
			answered := w.identifyAsync(t)
			eventually(t, "two lock waits are counted", func() error {
				if n := w.metrics(t)[retried("lock_wait")]; n < 2 {
					return fmt.Errorf("%g lock waits", n)
				}
				return nil
			})
			r.rollBack(t)
			if a := <-answered; a.status != http.StatusOK {
				t.Errorf("%d %s", a.status, a.body)
			}
			if n := w.metrics(t)[outcome("linked")]; n != 1 {
				t.Errorf("%g observations were linked, want 1", n)
			}
		})
	}
}

// Fails when a connection that is lost during a statement, which is then run again, is not counted.
func TestLostConnectionIsCounted(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	w := serveWatched(t, patient(db))
	w.mustIdentify(t, pair(1))
	before := w.metrics(t)
	r := newRival(t, db, 1)
	answered := w.identifyAsync(t)
	if _, err := db.Pool.ExecContext(t.Context(), fmt.Sprint("KILL ", r.inserting(t))); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the lost connection is counted", func() error {
		if w.metrics(t)[retried("connection")] == before[retried("connection")] {
			return errors.New("it is not")
		}
		return nil
	})
	r.rollBack(t)
	if a := <-answered; a.status != http.StatusOK {
		t.Errorf("%d %s", a.status, a.body)
	}
}
