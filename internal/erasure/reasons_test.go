package erasure_test

import (
	"database/sql"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/mysqltest"
	"github.com/identikit/identikit/internal/store"
)

// reasonsOf returns the reasons of separations, then those of blocks, then those of retractions, by id.
func reasonsOf(t *testing.T, db *sql.DB) []string {
	t.Helper()
	var all []string
	for _, table := range []string{"separations", "blocks", "retractions"} {
		all = append(all, linkertest.Query(t, db, "SELECT reason FROM "+table+" WHERE id > ? ORDER BY id", 0,
			func(reason *string) []any { return []any{reason} })...)
	}
	return all
}

// written links six contacts, 1 to 6, and writes one reason a pair of them, one for a block, and one for the
// retraction of an observation, 1, of another two.
func written(t *testing.T, l *linkertest.System, separations []string, block, retraction string) {
	t.Helper()
	for _, email := range []string{"erased@x.example", "b@x.example", "c@x.example", "d@x.example", "e@x.example", "f@x.example"} {
		linkertest.LinkOne(t, l, linkertest.Saw(email, ""))
	}
	pairs := [][2]uint64{{2, 3}, {2, 4}, {2, 5}, {2, 6}, {3, 4}, {3, 5}, {3, 6}}
	for i, reason := range separations {
		if _, err := l.Separate(t.Context(), pairs[i][0], pairs[i][1], reason, false); err != nil {
			t.Fatal(err)
		}
	}
	if block != "" {
		if _, err := l.Block(t.Context(), linkertest.Saw("", "5550000"), block, false); err != nil {
			t.Fatal(err)
		}
	}
	linkertest.LinkOne(t, l, linkertest.Saw("lender@x.example", "5551111"))
	if _, err := l.Retract(t.Context(), 1, retraction, false); err != nil {
		t.Fatal(err)
	}
}

// Fails when erasing a value empties a reason that does not mention it, leaves one that does, or
// when a dry run empties any.
func TestErasingEmptiesWhatMentionsTheValue(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		value                      identity.Observation
		mention, block, unrelated1 string
	}{
		"short number": {linkertest.Saw("", "1"), "his number is 1", "call 1.", "room 12, 10 years, (415) 555-0131"},
		"number":       {linkertest.Saw("", "+14155550132"), "or (415) 555-0132", "4155550132 of the shop", "(415) 555-0131, 132"},
		"IDNA":         {linkertest.Saw("ann@xn--bcher-kva.example", ""), "is Ann@Bücher.example", "<ANN@XN--BCHER-KVA.example>", "joann@bücher.example"},
		"wide letters": {linkertest.Saw("ann@x.example", ""), "ａｎｎ＠ｘ．ｅｘａｍｐｌｅ", "mailto:ann@x.example", "ann@x.example.org"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := mysqltest.NewDB(t)
			l := linkertest.OpenEraser(t, db)
			before := []string{c.mention, c.unrelated1, "father and son", c.block, "lent: " + c.mention}
			written(t, l, before[:3], c.block, before[4])
			linkertest.LinkOne(t, l, c.value)
			if _, err := l.EraseValue(t.Context(), c.value, false, true); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(before, reasonsOf(t, db.Pool)); diff != "" {
				t.Errorf("after a dry run (-want +got):\n%s", diff)
			}
			if _, err := l.EraseValue(t.Context(), c.value, false, false); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{"", c.unrelated1, "father and son", "", ""}, reasonsOf(t, db.Pool)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Fails when a reason outlives the value that it mentions because its transaction, which began before
// the erasure, commits while the erasure is under way.
func TestErasingWaitsForReasonsBeingWritten(t *testing.T) { //nolint:paralleltest // see waitBlocked
	for _, write := range []string{
		"INSERT INTO separations (contact_id, other_contact_id, reason) VALUES (1, 2, 'not erased@x.example')",
		"INSERT INTO retractions (observation_id, reason) VALUES (1, 'not erased@x.example')",
	} {
		db, _ := linkertest.Seeded(t)
		l := linkertest.OpenPatient(t, db)
		one := linkertest.LinkOne(t, l, linkertest.Saw("erased@x.example", "")).PrimaryID
		other := linkertest.Begin(t, db.Pool)
		linkertest.Exec(t, other, write)
		erased := erase(t, l, one)
		linkertest.WaitBlocked(t, other, db.Pool)
		if err := other.Commit(); err != nil {
			t.Fatal(err)
		}
		if err := <-erased; err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{""}, reasonsOf(t, db.Pool)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", write, diff)
		}
	}
}

func erase(t *testing.T, l *linkertest.System, id uint64) <-chan error {
	t.Helper()
	done := make(chan error, 1)
	go func() {
		_, err := l.Erase(t.Context(), id, false, false)
		done <- err
	}()
	return done
}

// Fails when a reason escapes because it was written after the erasure read all reasons and before it
// got its locks, or when a reason that was rewritten in that time is emptied for what it said before.
func TestErasingSeesReasonsChangedBeforeItsLocks(t *testing.T) { //nolint:paralleltest // see waitBlocked
	db := mysqltest.NewDB(t)
	l := linkertest.OpenPatient(t, db)
	written(t, l, []string{"an old one", "erased@x.example?", "erased@x.example!"}, "a shop's", "a mistake")
	linkertest.Seed(t, l, 3000)
	age(t, db.Pool)
	other := linkertest.Begin(t, db.Pool)
	linkertest.Exec(t, other, "SELECT id FROM contacts WHERE id = 1 FOR UPDATE")
	erased := erase(t, l, 1)
	linkertest.WaitBlocked(t, other, db.Pool)
	writer := linkertest.Open(t, db.Config)
	for _, s := range []struct {
		a, b   uint64
		reason string
	}{{2, 3, "now erased@x.example"}, {2, 4, "a better one"}, {5, 6, "new: erased@x.example"}} {
		if _, err := writer.Separate(t.Context(), s.a, s.b, s.reason, false); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := writer.Block(t.Context(), linkertest.Saw("", "5550000"), "of erased@x.example", false); err != nil {
		t.Fatal(err)
	}
	if _, err := writer.Retract(t.Context(), 1, "lent to erased@x.example", false); err != nil {
		t.Fatal(err)
	}
	if err := other.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := <-erased; err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"", "a better one", "", "", "", ""}, reasonsOf(t, db.Pool)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// age makes all reasons old, so that only the scan finds them.
func age(t *testing.T, db *sql.DB) {
	t.Helper()
	for _, table := range []string{"separations", "blocks", "retractions"} {
		if _, err := db.ExecContext(t.Context(), "UPDATE "+table+" SET updated_at = '2020-01-01 00:00:00'"); err != nil {
			t.Fatal(err)
		}
	}
}

// Fails when an erasure holds a cluster's lock while it reads reasons that are old, or does not find
// one of them.
func TestErasingReadsOldReasonsWithoutLocks(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	l := linkertest.OpenEraser(t, db)
	const n = 2000
	linkertest.Seed(t, l, n)
	gone := linkertest.LinkOne(t, l, linkertest.Saw("erased@x.example", "")).PrimaryID
	const all = `INSERT INTO separations (contact_id, other_contact_id, reason, updated_at)
		SELECT id, id + 1, CONCAT('the neighbour of ', id), '2020-01-01 00:00:00' FROM contacts WHERE id < 2000`
	for _, statement := range []string{
		all, "UPDATE separations SET reason = 'erased@x.example', updated_at = updated_at WHERE contact_id IN (7, 1999)",
		"INSERT INTO blocks (contact_id, reason, updated_at) SELECT id, 'a shop', '2020-01-01 00:00:00' FROM contacts WHERE id < 2000",
		"INSERT INTO retractions (observation_id, reason, updated_at) SELECT id, 'lent', '2020-01-01 00:00:00' FROM contacts WHERE id < 2000",
		"UPDATE retractions SET reason = 'by erased@x.example', updated_at = updated_at WHERE observation_id IN (8, 1998)",
		"ANALYZE TABLE separations, blocks, retractions",
	} {
		if _, err := db.Pool.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	e := mysqltest.NewExplainer(t, db.Pool)
	e.MaxRows = 10
	q, since := store.New(e), time.Now().Add(-time.Hour)
	e.Run("ListChangedSeparationReasons", func() error {
		_, err := q.ListChangedSeparationReasons(t.Context(), since)
		return err
	}, "separations_updated_at")
	e.Run("ListChangedBlockReasons", func() error {
		_, err := q.ListChangedBlockReasons(t.Context(), since)
		return err
	}, "blocks_updated_at")
	e.Run("ListChangedRetractionReasons", func() error {
		_, err := q.ListChangedRetractionReasons(t.Context(), since)
		return err
	}, "retractions_updated_at")
	e.Run("LockSeparationReasons", func() error {
		_, err := q.LockSeparationReasons(t.Context(), []uint64{7, 1999})
		return err
	}, "PRIMARY")
	e.Run("LockRetractionReasons", func() error {
		_, err := q.LockRetractionReasons(t.Context(), []uint64{8, 1998})
		return err
	}, "PRIMARY")
	if _, err := l.Erase(t.Context(), gone, false, false); err != nil {
		t.Fatal(err)
	}
	if left := linkertest.Column(t, db.Pool, "SELECT contact_id FROM separations WHERE reason = ''"); !slices.Equal(left, []uint64{7, 1999}) {
		t.Errorf("the reasons of %v were emptied, want those of 7 and 1999", left)
	}
	left := linkertest.Column(t, db.Pool, "SELECT observation_id FROM retractions WHERE reason = ''")
	if !slices.Equal(left, []uint64{8, 1998}) {
		t.Errorf("the reasons of retractions %v were emptied, want those of 8 and 1998", left)
	}
}
