package ledger_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/ledger"
	"github.com/identikit/identikit/internal/linker"
	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/mysqltest"
	"github.com/identikit/identikit/internal/snapshot"
)

// Fails when new contacts get other ids or times in the answers than in the database: while others insert
// at the same time, with other distances between ids, and on a server where they are read back.
func TestIDsOfNewContacts(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	var writers sync.WaitGroup
	for worker, step := range []string{"1", "1", "7", "10"} {
		separator := "?"
		if strings.Contains(db.URL(), "?") {
			separator = "&"
		}
		config, err := mysql.ParseURL(db.URL() + separator + "auto_increment_increment=" + step)
		if err != nil {
			t.Fatal(err)
		}
		pool, err := mysql.Open(config, 8)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { pool.Close() })
		stored := ledger.New(pool)
		if worker == 1 {
			stored = stored.ReadingBack()
		}
		l := linker.New(stored, cluster.Policy{}, nil)
		writers.Go(func() {
			for round := range 10 {
				var slice []identity.Observation
				for i := range 1 + 15*(round%3) {
					slice = append(slice, linkertest.Saw(fmt.Sprintf("e%d.%d.%d@example.com", worker, round, i), fmt.Sprintf("8%d%02d%03d", worker, round, i)))
				}
				clusters, err := l.Link(t.Context(), slice)
				if err != nil {
					t.Error(err)
				}
				for i, c := range clusters {
					var id uint64
					err := db.Pool.QueryRowContext(t.Context(), "SELECT id FROM contacts WHERE email = ? AND phone_number = ?", slice[i].Email, slice[i].Phone).Scan(&id)
					if err != nil || id != c.PrimaryID {
						t.Errorf("%s: answered with %d, stored as %d, %v", slice[i].Email, c.PrimaryID, id, err)
					}
				}
			}
		})
	}
	writers.Wait()
	if found, err := snapshot.Verify(t.Context(), db.Pool, func(d snapshot.Drift) { t.Error(d) }); err != nil || found.Drifts > 0 {
		t.Errorf("verify: %+v, %v", found, err)
	}
}

// Fails when a contact that comes back from the database with another value than was written ends
// in a nil dereference. A trigger changes the value on its way.
func TestContactThatWasChangedOnItsWayIsAnError(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	l := linker.New(ledger.New(db.Pool).ReadingBack(), cluster.Policy{}, nil)
	_, err := db.Pool.ExecContext(t.Context(), `CREATE TRIGGER changes_values BEFORE INSERT ON contacts
		FOR EACH ROW SET NEW.email = 'secret@example.com'`)
	if err != nil {
		t.Fatal(err)
	}
	_, err = l.Link(t.Context(), []identity.Observation{linkertest.Saw("", "99123456")})
	if identity.CodeOf(err) != identity.CodeInternal {
		t.Fatalf("got %v, want an internal error", err)
	}
	if text := errors.Unwrap(err).Error(); !strings.Contains(text, "contact 1 ") || strings.Contains(text, "secret") {
		t.Errorf("the cause does not name the contact alone: %s", text)
	}
}

// Fails when a node of Galera that joins or leaves between the look at the distance of ids and the INSERT
// makes the ids of new contacts wrong: the distance changes with the number of nodes, also within a
// transaction. A trigger changes it here.
func TestIDsWhileTheirDistanceChanges(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	if _, err := db.Pool.ExecContext(t.Context(),
		"CREATE TRIGGER leaves BEFORE INSERT ON contacts FOR EACH ROW SET @@SESSION.auto_increment_increment = 2"); err != nil {
		t.Fatal(err)
	}
	separator := "?"
	if strings.Contains(db.URL(), "?") {
		separator = "&"
	}
	config, err := mysql.ParseURL(db.URL() + separator + "auto_increment_increment=3")
	if err != nil {
		t.Fatal(err)
	}
	pool, err := mysql.Open(config, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pool.Close() })
	l := linker.New(ledger.New(pool), cluster.Policy{}, nil)
	clusters, err := l.Link(t.Context(), []identity.Observation{
		linkertest.Saw("a@x.com", "1001"), linkertest.Saw("b@x.com", "1002"), linkertest.Saw("c@x.com", "1003"),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range clusters {
		stored := linkertest.One[uint64](t, db.Pool, "SELECT id FROM contacts WHERE email = '"+c.Emails[0]+"'")
		if stored != c.PrimaryID {
			t.Errorf("%s: answered with %d, stored as %d", c.Emails[0], c.PrimaryID, stored)
		}
	}
}
