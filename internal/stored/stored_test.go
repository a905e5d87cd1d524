package stored_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/mysqltest"
	"github.com/identikit/identikit/internal/store"
	"github.com/identikit/identikit/internal/stored"
)

func TestMain(m *testing.M) { mysqltest.Main(m) }

func saw(email, phone string, day int) identity.Observation {
	o := identity.Observation{Email: email, Phone: phone}
	if day > 0 {
		o.SeenAt = time.Date(2020, 1, day, 0, 0, 0, 0, time.UTC)
	}
	return o
}

// fill stores 10,000 customers with an e-mail address and a phone number.
func fill(t *testing.T) *mysqltest.DB {
	t.Helper()
	db := mysqltest.NewDB(t)
	l := linkertest.New(db.Pool, cluster.Policy{})
	var all []identity.Observation
	for i := range 10_000 {
		all = append(all, saw(fmt.Sprintf("c%05d@example.com", i), fmt.Sprintf("49%08d", i), 0))
	}
	for part := range slices.Chunk(all, 1000) {
		if _, err := l.Import(t.Context(), part); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.Pool.ExecContext(t.Context(), "ANALYZE TABLE contacts, observations"); err != nil {
		t.Fatal(err)
	}
	return db
}

// Fails when an observation is known that would change something, or one is not that would change nothing,
// and when a contact is not found where values are close together in the table or far apart.
func TestFind(t *testing.T) {
	t.Parallel()
	db := fill(t)
	l := linkertest.New(db.Pool, cluster.Policy{PhonesPerEmail: 2})
	if _, err := l.Link(t.Context(), []identity.Observation{
		saw("a@x.com", "1", 5), saw("b@x.com", "1", 6), saw("b@x.com", "2", 0), saw("b@x.com", "3", 0),
	}); err != nil {
		t.Fatal(err)
	}
	f := stored.New(db.Pool)
	for _, c := range []struct {
		o           identity.Observation
		known       bool
		email, both bool // which values are found if it is not known
	}{
		{saw("a@x.com", "1", 0), true, false, false},
		{saw("a@x.com", "1", 5), true, false, false},
		{saw("a@x.com", "1", 4), false, true, true},
		{saw("a@x.com", "", 4), false, true, false},
		{saw("b@x.com", "", 7), true, false, false},
		{saw("", "2", 0), true, false, false},
		{saw("b@x.com", "1", 0), true, false, false},
		{saw("b@x.com", "1", 5), false, true, true}, // the pair is younger, and so is b
		{saw("a@x.com", "2", 0), false, true, true},
		{saw("b@x.com", "3", 0), false, true, true}, // fan-out
		{saw("a@x.com", "9", 0), false, true, false},
		{saw("z@x.com", "", 0), false, false, false},
	} {
		_, found, err := f.Find(t.Context(), []identity.Observation{c.o})
		if err != nil {
			t.Fatal(err)
		}
		if got := found[0]; got.Known != c.known || (got.Email.ID != 0) != c.email || (got.Phone.ID != 0) != c.both {
			t.Errorf("%+v: got %+v, want %+v", c.o, got, c)
		}
	}
	for _, step := range []int{1, 3, 15} {
		checkAll(t, f, step)
	}
}

// checkAll looks up every step-th customer, known pairs and ones with a new phone number, and as many that
// are not stored.
func checkAll(t *testing.T, f *stored.Finder, step int) {
	t.Helper()
	var asked []identity.Observation
	var want, got []string
	for i := 0; i < 10_000; i += step {
		email := fmt.Sprintf("c%05d@example.com", i)
		asked = append(asked, saw(email, fmt.Sprintf("49%08d", i), 0), saw(email, fmt.Sprintf("48%08d", i), 0), saw("d"+email, "", 0))
		want = append(want, "known", "email", "new")
	}
	_, found, err := f.Find(t.Context(), asked)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		switch {
		case f.Known:
			got = append(got, "known")
		case f.Email.ID != 0 && f.Email.PrimaryID == f.Email.ID && f.Phone == (stored.Contact{}):
			got = append(got, "email")
		case f == (stored.Found{}):
			got = append(got, "new")
		default:
			got = append(got, fmt.Sprint(f))
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("every %d (-want +got):\n%s", step, diff)
	}
}

// Fails when a pair is not found because its e-mail address has more pairs than one scan of the index
// reads, or because it comes after one that has.
func TestFindPairsOfAHub(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	l := linkertest.New(db.Pool, cluster.Policy{})
	var asked []identity.Observation
	for i := range 3000 { // the phone numbers are stored first: none is in one contact with the address
		asked = append(asked, saw("", fmt.Sprintf("47%08d", i), 0))
	}
	for i := range 3000 {
		asked = append(asked, saw("hub@x.com", fmt.Sprintf("47%08d", i), 0))
	}
	asked = append(asked, saw("z@x.com", "5", 0), saw("y@x.com", "6", 0), saw("z@x.com", "6", 0))
	for part := range slices.Chunk(asked, 1000) {
		if _, err := l.Import(t.Context(), part); err != nil {
			t.Fatal(err)
		}
	}
	asked = append(asked, saw("hub@x.com", "5", 0))
	_, found, err := stored.New(db.Pool).Find(t.Context(), asked)
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range found {
		if f.Known != (i < len(asked)-1) {
			t.Errorf("%d, %+v: %+v", i, asked[i], f)
		}
	}
}

// Fails when a look-up reads more than its index says.
func TestLookUpsUseTheirIndexes(t *testing.T) {
	t.Parallel()
	db := fill(t)
	const n = store.ChunkSize
	var emails, phones []*string
	var ids []uint64
	for i := range n {
		email, phone := fmt.Sprintf("c%05d@example.com", 20*i), fmt.Sprintf("49%08d", 20*i)
		emails, phones, ids = append(emails, &email), append(phones, &phone), append(ids, uint64(1+20*i))
	}
	e := mysqltest.NewExplainer(t, db.Pool)
	e.MaxRows = 10 * n
	q, ctx := store.New(e), t.Context()
	e.Run("FindEmails", func() error { _, err := q.FindEmails(ctx, emails); return err }, "contacts_email")
	e.Run("FindPhoneNumbers", func() error { _, err := q.FindPhoneNumbers(ctx, phones); return err }, "contacts_phone_number")
	e.Run("ListAges", func() error { _, err := q.ListAges(ctx, ids); return err }, "PRIMARY")
	e.Run("ListEmailsBetween", func() error {
		_, err := q.ListEmailsBetween(ctx, store.ListEmailsBetweenParams{First: emails[0], Last: emails[20], Limit: 2 * n})
		return err
	}, "contacts_email")
	e.Run("ListPhoneNumbersBetween", func() error {
		_, err := q.ListPhoneNumbersBetween(ctx, store.ListPhoneNumbersBetweenParams{First: phones[0], Last: phones[20], Limit: 2 * n})
		return err
	}, "contacts_phone_number")
	e.Run("ListPairsBetween", func() error {
		_, err := q.ListPairsBetween(ctx, store.ListPairsBetweenParams{First: ids[0], Last: ids[20], Limit: 2 * n})
		return err
	}, "observations_pair")
}
