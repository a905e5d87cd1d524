package correction_test

import (
	"database/sql"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/mysqltest"
	"github.com/identikit/identikit/internal/snapshot"
)

// Fails when operations beside live traffic of several linkers leave a cluster that is not what the
// evidence says, or one with two people who were separated, or fail for anything but a rule.
func TestOperationsBesideLiveTraffic(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	linkertest.Seed(t, linkertest.Open(t, db.Config), 3000)
	var traffic sync.WaitGroup
	for worker := range 4 {
		l, lanes := linkertest.Open(t, db.Config), linkertest.OpenLanes(t, db.Config)
		random := rand.New(rand.NewPCG(11, uint64(worker)))
		traffic.Go(func() {
			for range 100 {
				if _, err := lanes.Link(t.Context(), []identity.Observation{linkertest.Numbered(1, 1+random.IntN(12), 1+random.IntN(12))}); err != nil {
					t.Errorf("link: %v", err)
				}
				if err := operate(t, db.Pool, l, random); err != nil {
					t.Error(err)
				}
			}
		})
	}
	traffic.Wait()
	found, err := snapshot.Verify(t.Context(), db.Pool, func(d snapshot.Drift) { t.Error(d) })
	if err != nil || found.Contacts < 3010 {
		t.Errorf("verify: %+v, %v", found, err)
	}
	if left := linkertest.One[int](t, db.Pool, `SELECT COUNT(*) FROM contacts WHERE deleted_at IS NOT NULL
		AND (email IS NOT NULL OR phone_number IS NOT NULL OR linked_id IS NOT NULL OR separated)`); left != 0 {
		t.Errorf("%d tombstones are more than an id", left)
	}
	if wrong := linkertest.One[int](t, db.Pool, `SELECT COUNT(*) FROM contacts c WHERE separated <> EXISTS (
		SELECT 1 FROM separations s WHERE c.id IN (s.contact_id, s.other_contact_id))`); wrong != 0 {
		t.Errorf("%d contacts are marked wrong", wrong)
	}
	linkertest.CheckRows(t, linkertest.Rows(t, db.Pool, 1))
	if together := linkertest.One[int](t, db.Pool, `SELECT COUNT(*) FROM separations s JOIN contacts a ON a.id = s.contact_id
		JOIN contacts b ON b.id = s.other_contact_id AND COALESCE(b.linked_id, b.id) = COALESCE(a.linked_id, a.id)`); together != 0 {
		t.Errorf("%d separated pairs are in one cluster", together)
	}
	for _, kind := range []string{"retracted", "restored", "split", "merged", "separated", "unseparated", "blocked", "unblocked", "erased"} {
		if linkertest.One[int](t, db.Pool, "SELECT COUNT(*) FROM history WHERE kind = '"+kind+"'") == 0 {
			t.Errorf("nothing was %s: this tests less than it says", kind)
		}
	}
}

// operate does one operation on something that exists, as far as the rules allow.
func operate(t *testing.T, db *sql.DB, l *linkertest.System, random *rand.Rand) error {
	pick := func(query string) uint64 {
		ids := linkertest.Column(t, db, query)
		if len(ids) == 0 {
			return 0
		}
		return ids[random.IntN(len(ids))]
	}
	const observations = "SELECT id FROM observations WHERE email_contact_id > 3000"
	const contacts = "SELECT id FROM contacts WHERE id > 3000 AND deleted_at IS NULL"
	var err error
	switch random.IntN(10) {
	case 0, 1:
		_, err = l.Retract(t.Context(), pick(observations), "a test", random.IntN(4) == 0)
	case 2:
		_, err = l.Restore(t.Context(), pick(observations+" AND withheld = 'retracted'"), false)
	case 3, 7:
		_, err = l.Separate(t.Context(), pick(contacts), pick(contacts), "a test", false)
	case 4:
		value := linkertest.Numbered(1, 1+random.IntN(12), 0)
		if random.IntN(2) == 0 {
			value = linkertest.Numbered(1, 0, 1+random.IntN(12))
		}
		_, err = l.Block(t.Context(), value, "a test", false)
	case 5:
		_, err = l.Unblock(t.Context(), pick("SELECT id FROM blocks"), false)
	case 6:
		_, err = l.Unseparate(t.Context(), pick("SELECT id FROM separations"), false)
	case 8:
		_, err = l.Erase(t.Context(), pick(contacts), false, random.IntN(4) == 0)
	case 9:
		_, err = l.EraseValue(t.Context(), linkertest.Numbered(1, 1+random.IntN(12), 0), false, false)
	}
	if !identity.CodeOf(err).IsFailure() { // another request decided first
		return nil
	}
	return err
}
