package ledger_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/ledger"
	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/mysqltest"
	"github.com/identikit/identikit/internal/store"
	"github.com/identikit/identikit/internal/suppression"
)

// Fails when a hot query stops using its index on a table of 100,000 contacts, for one observation
// or for a group of 300.
func TestHotQueriesUseTheirIndexes(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	l := linkertest.Open(t, db.Config)
	const customers = 90_000
	linkertest.Seed(t, l, customers)
	var linked []identity.Observation
	for i := range 10_000 { // a second phone number: the linked_id that are not NULL
		linked = append(linked, linkertest.Saw(fmt.Sprintf("seed%d@example.com", i*9), fmt.Sprintf("88%08d", i)))
	}
	for slice := range slices.Chunk(linked, 1000) {
		if _, err := l.Link(t.Context(), slice); err != nil {
			t.Fatal(err)
		}
	}
	for _, statement := range []string{
		"INSERT INTO suppressions (kind, key_id, digest) SELECT 'email', '0123456789abcdef', UNHEX(LPAD(HEX(id), 64, '0')) FROM contacts",
		"INSERT INTO suppression_digests (digest, suppression_id) SELECT digest, id FROM suppressions",
		"ANALYZE TABLE contacts, observations, suppression_digests",
	} {
		if _, err := db.Pool.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	for _, n := range []int{1, 300} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			expectKeys(t, mysqltest.NewExplainer(t, db.Pool), n)
		})
	}
	t.Run("2000 observations", func(t *testing.T) {
		readMany(t, db)
	})
}

// readMany fails when what the linker reads of 2,000 observations is not read in chunks, each by its
// index: of 2,000 values in one list, MariaDB makes a table that it joins in any order.
func readMany(t *testing.T, db *mysqltest.DB) {
	t.Helper()
	const n, longest = 2000, 500
	var observations []identity.Observation
	for i := range n { // every ninth is in two contacts
		observations = append(observations, linkertest.Saw(fmt.Sprintf("seed%d@example.com", i*9), fmt.Sprintf("88%08d", i)))
	}
	for _, statement := range []string{
		"INSERT INTO separations (contact_id, other_contact_id, reason) SELECT id - 1, id, '' FROM contacts WHERE id > 1",
		"UPDATE contacts SET separated = 1 WHERE linked_id IS NOT NULL",
		"ANALYZE TABLE separations",
	} {
		if _, err := db.Pool.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	policy := cluster.Policy{EmailsPerPhone: 2, PhonesPerEmail: 2}
	keys := suppression.Keys{[]byte(strings.Repeat("k", suppression.MinKey))}
	e := mysqltest.NewExplainer(t, db.Pool)
	e.MaxRows = 5000
	read, err := readLocked(t.Context(), store.New(e), policy, keys, observations)
	if err != nil {
		t.Fatal(err)
	}
	if read != 2*n || e.MaxArgs > 2*longest {
		t.Errorf("%d matches, want %d; a statement with %d values, want at most %d", read, 2*n, e.MaxArgs, 2*longest)
	}
	if want := 9 * n / longest; e.Statements < want {
		t.Errorf("%d statements, want at least %d", e.Statements, want)
	}
}

// readLocked runs the statements that read and lock what is known of observations, as a transaction that
// links them does.
func readLocked(
	ctx context.Context, q *store.Queries, policy cluster.Policy, keys suppression.Keys, observations []identity.Observation,
) (int, error) {
	tx := &ledger.Tx{Reader: ledger.Reader{Queries: q}}
	_, seen, err := tx.ReadGraph(ctx, observations)
	if err != nil {
		return 0, err
	}
	g, err := tx.LockClusters(ctx, seen, observations)
	if err != nil {
		return 0, err
	}
	if err := tx.ReadRules(ctx, g, policy, seen.Contacts()); err != nil {
		return 0, err
	}
	if err := tx.ReadIDs(ctx, g.Contacts()); err != nil {
		return 0, err
	}
	if _, err := tx.LockFree(ctx, seen.Primaries()); err != nil {
		return 0, err
	}
	return len(seen), keys.Find(ctx, tx, g.Contacts(), map[string]bool{})
}

func expectKeys(t *testing.T, e *mysqltest.Explainer, n int) {
	t.Helper()
	q := store.New(e)
	var find store.FindContactsParams
	var members store.ListMembersParams
	var ids []uint64
	var pairs []store.Pair
	for i := range n {
		email, phone, id := fmt.Sprintf("seed%d@example.com", i*250), fmt.Sprintf("99%08d", i*250), uint64(1+i*250)
		find.Emails, find.PhoneNumbers = append(find.Emails, &email), append(find.PhoneNumbers, &phone)
		members.Roots, members.LinkedIds = append(members.Roots, id), append(members.LinkedIds, &id)
		ids = append(ids, id)
		pairs = append(pairs, store.Pair{EmailContactID: id, PhoneContactID: id})
	}
	e.MaxRows = 10 * uint64(n)
	ctx := t.Context()
	e.Run("FindMatches", func() error {
		_, err := q.FindMatches(ctx, store.FindMatchesParams(find))
		return err
	}, "contacts_email", "contacts_phone_number")
	e.Run("FindContacts", func() error { _, err := q.FindContacts(ctx, find); return err }, "contacts_email", "contacts_phone_number")
	e.Run("ListMembers", func() error { _, err := q.ListMembers(ctx, members); return err }, "PRIMARY", "contacts_linked_id")
	e.Run("ListClustersByEmail", func() error {
		_, err := q.ListClustersByEmail(ctx, find.Emails)
		return err
	}, "contacts_email", "contacts_linked_id")
	e.Run("LockRoots", func() error { _, err := q.LockRoots(ctx, ids); return err }, "PRIMARY")
	e.Run("FindObservations", func() error { _, err := q.FindObservations(ctx, pairs); return err }, "observations_pair", "refusals_observation_id")
	of := store.ListObservationsOfParams{EmailContactID: 1, PhoneContactID: 1}
	e.Run("ListObservationsOf", func() error {
		_, err := q.ListObservationsOf(ctx, of)
		return err
	}, "observations_pair", "observations_phone_contact_id")
	var suppressed []string
	for i := range n {
		suppressed = append(suppressed, fmt.Sprintf("%064X", 1+i))
	}
	e.Run("FindSuppressed", func() error { _, err := q.FindSuppressed(ctx, suppressed); return err }, "PRIMARY")
}
