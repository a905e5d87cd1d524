package lookup_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysqltest"
	"github.com/identikit/identikit/internal/store"
)

// Fails when a query reads more than its index tells it to, on a table of 11,000 contacts, for the
// contacts of a small cluster or for as many as one statement lists. The cluster of the first has
// 1,200 values.
func TestQueriesUseTheirIndexes(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	link(t, db.Pool, cluster.Policy{}, hub(1200)...)
	var others []identity.Observation
	for i := range 10_000 {
		others = append(others, saw(fmt.Sprintf("o%d@example.com", i), fmt.Sprintf("99%d", i/2), 0))
	}
	for part := range slices.Chunk(others, 1000) {
		link(t, db.Pool, cluster.Policy{}, part...)
	}
	exec(t, db.Pool,
		"UPDATE observations SET withheld = 'blocked' WHERE id > 4000",
		`INSERT INTO history (kind, contact_id, primary_id, observation_id)
			SELECT IF(id % 2, 'refused', 'divided'), phone_contact_id, email_contact_id, id FROM observations WHERE id < 3000 OR id > 4000`,
	)
	exec(t, db.Pool, "ANALYZE TABLE contacts, observations, history")
	for _, n := range []int{2, 500} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			expectKeys(t, mysqltest.NewExplainer(t, db.Pool), n)
		})
	}
}

func expectKeys(t *testing.T, e *mysqltest.Explainer, n int) {
	t.Helper()
	e.MaxRows = 3000
	q := store.New(e)
	ids := make([]uint64, n)
	for i := range ids {
		ids[i] = uint64(i + 1)
	}
	email, phone := "hub7@example.com", "770"
	ctx, after := t.Context(), time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	run := func(name string, do func() (int, error), keys ...string) {
		t.Helper()
		e.Run(name, func() error {
			found, err := do()
			if err == nil && found == 0 {
				err = errors.New("no rows")
			}
			return err
		}, keys...)
	}
	run("ListClusterOf", func() (int, error) {
		rows, err := q.ListClusterOf(ctx, store.ListClusterOfParams{ID: 3})
		return len(rows), err
	}, "PRIMARY", "PRIMARY", "PRIMARY", "contacts_linked_id")
	run("ListClusterOfEmail", func() (int, error) {
		rows, err := q.ListClusterOfEmail(ctx, store.ListClusterOfEmailParams{Email: &email})
		return len(rows), err
	}, "PRIMARY", "contacts_email", "contacts_email", "contacts_linked_id")
	run("ListClusterOfPhoneNumber", func() (int, error) {
		rows, err := q.ListClusterOfPhoneNumber(ctx, store.ListClusterOfPhoneNumberParams{PhoneNumber: &phone})
		return len(rows), err
	}, "PRIMARY", "contacts_linked_id", "contacts_phone_number", "contacts_phone_number")
	run("ListObservationsOfEmails", func() (int, error) {
		rows, err := q.ListObservationsOfEmails(ctx, store.ListObservationsOfEmailsParams{EmailContactIds: ids, After: after, Limit: 101})
		return len(rows), err
	}, "observations_pair")
	run("ListSeenEvidence", func() (int, error) {
		rows, err := q.ListSeenEvidence(ctx, ids)
		return len(rows), err
	}, "observations_pair")
	run("ListValues", func() (int, error) {
		rows, err := q.ListValues(ctx, ids)
		return len(rows), err
	}, "PRIMARY")
	run("ListDivided", func() (int, error) {
		rows, err := q.ListDivided(ctx, ids)
		return len(rows), err
	}, "history_contact_id")
	run("ListHistoryOfContacts", func() (int, error) {
		rows, err := q.ListHistoryOfContacts(ctx, store.ListHistoryOfContactsParams{ContactIds: ids, After: after, Limit: 101})
		return len(rows), err
	}, "history_contact_id")
	run("ListHistoryOfPrimaries", func() (int, error) {
		rows, err := q.ListHistoryOfPrimaries(ctx, store.ListHistoryOfPrimariesParams{PrimaryIds: ids, After: after, Limit: 101})
		return len(rows), err
	}, "history_primary_id")
	for i := range ids {
		ids[i] += 5000
	}
	run("ListWithheldOfPhoneNumbers", func() (int, error) {
		rows, err := q.ListWithheldOfPhoneNumbers(ctx, store.ListWithheldOfPhoneNumbersParams{PhoneContactIds: ids, After: after, Limit: 101})
		return len(rows), err
	}, "observations_phone_contact_id")
}
