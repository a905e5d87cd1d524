package erasure_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/erasure"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/mysqltest"
	"github.com/identikit/identikit/internal/snapshot"
)

// Fails when anything of an erased value can still be found in the database: whatever was done with
// it before, however it was written, and whether it is suppressed or not.
func TestErasedValuesAreInNoDump(t *testing.T) {
	t.Parallel()
	for name, suppress := range map[string]bool{"forgotten": false, "suppressed": true} {
		for _, field := range []string{"contact", "email", "phone"} {
			t.Run(name+"/"+field, func(t *testing.T) {
				t.Parallel()
				db := mysqltest.NewDB(t)
				l := linkertest.OpenEraser(t, db)
				value, traces := livelyValue(t, db, l)
				before := linkertest.Dump(t, db.Pool)
				for _, trace := range traces {
					if !bytes.Contains(before, []byte(trace)) {
						t.Fatalf("%q is not in the dump before: this tests nothing", trace)
					}
				}
				var err error
				switch field {
				case "contact":
					_, err = l.Erase(t.Context(), 1, suppress, false)
				case "email":
					value.Phone, traces = "", traces[:2]
					_, err = l.EraseValue(t.Context(), value, suppress, false)
				case "phone":
					value.Email, traces = "", traces[2:]
					_, err = l.EraseValue(t.Context(), value, suppress, false)
				}
				if err != nil {
					t.Fatal(err)
				}
				after := linkertest.Dump(t, db.Pool)
				for _, trace := range traces {
					if bytes.Contains(after, []byte(trace)) {
						t.Errorf("%q is still in the dump:\n%s", trace, after)
					}
				}
				if found, err := snapshot.Verify(t.Context(), db.Pool, func(d snapshot.Drift) { t.Error(d) }); err != nil {
					t.Errorf("verify: %+v, %v", found, err)
				}
			})
		}
	}
}

// livelyValue puts an e-mail and a phone number, which are contact 1, through all that can happen to
// them. It returns them and how they stand in the database, two forms of each.
func livelyValue(t *testing.T, db *mysqltest.DB, l *linkertest.System) (identity.Observation, []string) {
	t.Helper()
	const email, phone = "Zaphod.Quux@Example.COM", "+1 (415) 555-0132"
	normalizer, err := identity.NewNormalizer("")
	if err != nil {
		t.Fatal(err)
	}
	value, err := normalizer.Observation(email, phone)
	if err != nil {
		t.Fatal(err)
	}
	must := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(l.Link(t.Context(), []identity.Observation{
		value, linkertest.Saw("", "222"), linkertest.Saw(value.Email, "222"), // 2, merged
		linkertest.Saw(value.Email, "333"), linkertest.Saw("four@x.example", value.Phone), // 3 and 4, linked
		linkertest.Saw("five@x.example", "555"), linkertest.Saw("six@x.example", "666"), // 5 and 6
	}))
	separate := func(a, b uint64, reason string) {
		t.Helper()
		_, err := l.Separate(t.Context(), a, b, reason, false)
		must(nil, err)
	}
	separate(1, 5, email+" is the uncle of five")
	separate(6, 5, "six is not five; "+email+" or 415-555-0132 told so")
	must(l.Link(t.Context(), []identity.Observation{linkertest.Saw(value.Email, "555"), linkertest.Saw("five@x.example", value.Phone)})) // refused
	id := linkertest.One[uint64](t, db.Pool, "SELECT id FROM observations WHERE email_contact_id = 1 AND phone_contact_id = 3")
	must(l.Retract(t.Context(), id, "a test", false))
	must(l.Restore(t.Context(), id, false))
	must(l.Retract(t.Context(), id, "a test", false))
	return value, []string{value.Email, email, value.Phone, "415-555-0132"}
}

// Fails when an erasure deletes more or less than what hangs on it, when others stay linked to or
// marked for who is gone, or when a consumer of events cannot follow.
func TestEraseThePrimaryInTheMiddle(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	l := linkertest.OpenEraser(t, db)
	value, _ := livelyValue(t, db, l)
	before := linkertest.One[uint64](t, db.Pool, "SELECT MAX(id) FROM history")
	got, err := l.Erase(t.Context(), 1, false, false)
	if err != nil {
		t.Fatal(err)
	}
	if age := time.Since(got.At); age < -time.Minute || age > time.Minute {
		t.Errorf("erased at %v", got.At)
	}
	want := erasure.Erasure{
		ContactID: 1, Tombstone: true, At: got.At, Observations: 6, Refusals: 2, Separations: 1,
		Before: []erasure.Members{{PrimaryID: 1, SecondaryIDs: []uint64{2, 4}}},
		After:  []erasure.Members{{PrimaryID: 2, SecondaryIDs: []uint64{}}, {PrimaryID: 4, SecondaryIDs: []uint64{}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("receipt (-want +got):\n%s", diff)
	}
	type event struct {
		Kind               string
		Contact, PrimaryID uint64
	}
	events := linkertest.Query(t, db.Pool, "SELECT kind, contact_id, primary_id FROM history WHERE id > ? ORDER BY id", before,
		func(e *event) []any { return []any{&e.Kind, &e.Contact, &e.PrimaryID} })
	if diff := cmp.Diff([]event{{"erased", 1, 2}, {"split", 4, 2}}, events); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if marked := linkertest.Column(t, db.Pool, "SELECT id FROM contacts WHERE separated ORDER BY id"); !slices.Equal(marked, []uint64{5, 6}) {
		t.Errorf("%v are marked as separated, want 5 and 6", marked)
	}
	if got, err := l.Erase(t.Context(), 6, false, false); err != nil || got.Separations != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	if marked := linkertest.Column(t, db.Pool, "SELECT id FROM contacts WHERE separated"); len(marked) > 0 {
		t.Errorf("%v are still marked as separated", marked)
	}
	again, err := l.Link(t.Context(), []identity.Observation{value})
	if err != nil || again[0].PrimaryID <= 6 || len(again[0].SecondaryIDs) > 0 {
		t.Errorf("the values come back as %+v, %v; want a new contact", again, err)
	}
}

// Fails when erasing one value of two takes the other along, or leaves it what came with the first.
func TestEraseOneValueOfTwo(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	l := linkertest.OpenEraser(t, db)
	if _, err := l.Link(t.Context(), []identity.Observation{
		linkertest.Saw("a@x.example", "111"), linkertest.Saw("a@x.example", "222"), linkertest.Saw("b@x.example", "111"),
	}); err != nil {
		t.Fatal(err)
	}
	got, err := l.EraseValue(t.Context(), linkertest.Saw("a@x.example", ""), false, false)
	want := erasure.Erasure{
		ContactID: 1, At: got.At, Observations: 2,
		Before: []erasure.Members{{PrimaryID: 1, SecondaryIDs: []uint64{2, 3}}},
		After:  []erasure.Members{{PrimaryID: 1, SecondaryIDs: []uint64{3}}, {PrimaryID: 2, SecondaryIDs: []uint64{}}},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// Fails when a value that is blocked cannot be erased, or its tombstone stays blocked.
func TestEraseABlockedValue(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	l := linkertest.OpenEraser(t, db)
	linkertest.LinkOne(t, l, linkertest.Saw("", "111"))
	if _, err := db.Pool.ExecContext(t.Context(), "UPDATE contacts SET blocked = TRUE"); err != nil {
		t.Fatal(err)
	}
	linkertest.LinkOne(t, l, linkertest.Saw("a@x.example", "111"))
	got, err := l.EraseValue(t.Context(), linkertest.Saw("", "111"), false, false)
	if err != nil || got.Observations != 1 || got.Refusals != 1 || !got.Tombstone {
		t.Errorf("got %+v, %v", got, err)
	}
	if n := linkertest.One[int](t, db.Pool, "SELECT COUNT(*) FROM contacts WHERE blocked"); n != 0 {
		t.Errorf("%d contacts are blocked", n)
	}
	if c := linkertest.LinkOne(t, l, linkertest.Saw("a@x.example", "111")); len(c.Phones) != 1 || c.Refused != nil {
		t.Errorf("afterwards it links as %+v", c)
	}
}

// Fails when an erasure whose answer was lost cannot be repeated with the same result, or when the block
// of an erased value ends without a word.
func TestErasureIsRepeated(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	l := linkertest.OpenEraser(t, db)
	linkertest.LinkOne(t, l, linkertest.Saw("a@x.example", "111"))
	linkertest.LinkOne(t, l, linkertest.Saw("b@x.example", "111"))
	if _, err := l.Block(t.Context(), linkertest.Saw("", "111"), "a test", false); err != nil { // contact 3
		t.Fatal(err)
	}
	first, err := l.Erase(t.Context(), 3, false, false)
	if err != nil || first.Blocks != 1 || first.Observations != 2 {
		t.Errorf("%+v, %v", first, err)
	}
	events := linkertest.One[int](t, db.Pool, "SELECT CAST(SUM(size) AS UNSIGNED) FROM change_sets")
	again, err := l.Erase(t.Context(), 3, false, false)
	if diff := cmp.Diff(first, again); err != nil || diff != "" {
		t.Errorf("again: %v (-first +again):\n%s", err, diff)
	}
	if n := linkertest.One[int](t, db.Pool, "SELECT CAST(SUM(size) AS UNSIGNED) FROM change_sets"); n != events {
		t.Errorf("the repeat wrote %d events", n-events)
	}
	if n := linkertest.One[int](t, db.Pool, "SELECT COUNT(*) FROM history WHERE kind IN ('unblocked', 'erased') AND contact_id = 3"); n != 2 {
		t.Errorf("%d events tell that the value and its block are gone", n)
	}
	if got := linkertest.LinkOne(t, l, linkertest.Saw("c@x.example", "111")); got.Refused != nil {
		t.Errorf("seen again: %+v", got)
	}
}

// Fails when a mistake erases something, or is told as another one.
func TestEraseRefuses(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	l := linkertest.OpenEraser(t, db)
	linkertest.LinkOne(t, l, linkertest.Saw("a@x.example", "111"))
	linkertest.LinkOne(t, l, linkertest.Saw("b@x.example", ""))
	if _, err := l.Erase(t.Context(), 2, false, false); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		erase func() (erasure.Erasure, error)
		code  identity.Code
		part  string
	}{
		"unknown":   {func() (erasure.Erasure, error) { return l.Erase(t.Context(), 99, false, false) }, identity.CodeRecordNotFound, "contact with the id 99"},
		"tombstone": {func() (erasure.Erasure, error) { return l.Erase(t.Context(), 2, false, true) }, identity.CodeContactErased, "erased at 2"},
		"too late":  {func() (erasure.Erasure, error) { return l.Erase(t.Context(), 2, true, false) }, identity.CodeContactErased, "without suppress"},
		"unknown value": {func() (erasure.Erasure, error) {
			return l.EraseValue(t.Context(), linkertest.Saw("c@x.example", ""), true, false)
		}, identity.CodeRecordNotFound, "this value"},
		"no value": {func() (erasure.Erasure, error) {
			return l.EraseValue(t.Context(), linkertest.Saw("", ""), false, false)
		}, identity.CodeInvalidRequest, "Exactly one"},
		"two values": {func() (erasure.Erasure, error) {
			return l.EraseValue(t.Context(), linkertest.Saw("a@x.example", "111"), false, false)
		}, identity.CodeInvalidRequest, "Exactly one"},
		"no key": {func() (erasure.Erasure, error) {
			return linkertest.Open(t, db.Config).Erase(t.Context(), 1, true, false)
		}, identity.CodeErasureKeyMissing, "ERASURE_KEY"},
	} {
		if _, err := c.erase(); identity.CodeOf(err) != c.code || !strings.Contains(err.Error(), c.part) {
			t.Errorf("%s: got %v, want %s and %q", name, err, c.code, c.part)
		}
	}
	if n := linkertest.One[int](t, db.Pool, "SELECT COUNT(*) FROM contacts WHERE email IS NOT NULL AND phone_number IS NOT NULL"); n != 1 {
		t.Error("something was erased")
	}
}

// Fails when erasing takes long where a cluster is as large as clusters get. The bound leaves room
// for a slow machine; scans of the tables would break it.
func TestEraseInALargeCluster(t *testing.T) {
	t.Parallel()
	db, _ := linkertest.Seeded(t)
	l := linkertest.OpenEraser(t, db)
	all := make([]identity.Observation, 1000)
	for i := range all {
		all[i] = linkertest.Numbered(1, 1, 1+i)
	}
	if _, err := l.Link(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	var took []time.Duration
	for i := range 20 {
		begun := time.Now()
		if _, err := l.EraseValue(t.Context(), linkertest.Numbered(1, 0, 2+i), true, false); err != nil {
			t.Fatal(err)
		}
		took = append(took, time.Since(begun))
	}
	slices.Sort(took)
	begun := time.Now()
	got, err := l.EraseValue(t.Context(), linkertest.Numbered(1, 1, 0), true, false) // the bridge of all
	if err != nil || len(got.After) != 980 || got.Observations != 980 {
		t.Errorf("%d parts, %d observations, %v", len(got.After), got.Observations, err)
	}
	t.Logf("a leaf: median %v, p95 %v; the bridge: %v", took[10], took[18], time.Since(begun))
	if took[18] > time.Second {
		t.Errorf("p95 of erasing a leaf is %v", took[18])
	}
}
