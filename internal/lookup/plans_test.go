package lookup_test

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker"
	"github.com/identikit/identikit/internal/mysqltest"
	"github.com/identikit/identikit/internal/store"
)

// explainer runs statements and holds the plan of each against the keys that it must use.
type explainer struct {
	*sql.DB
	t    *testing.T
	want []string // keys, in alphabetical order
	most uint64   // rows that the server may expect to read for one line of the plan
}

func (e *explainer) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	e.explain(ctx, query, args)
	return e.DB.QueryContext(ctx, query, args...)
}

func (e *explainer) explain(ctx context.Context, query string, args []any) {
	e.t.Helper()
	_, statement, _ := strings.Cut(query, "\n") // the first line is sqlc's comment
	lines, err := e.DB.QueryContext(ctx, "EXPLAIN FORMAT=TRADITIONAL "+statement, args...)
	if err != nil {
		e.t.Fatal(err)
	}
	defer lines.Close()
	columns, err := lines.Columns()
	if err != nil {
		e.t.Fatal(err)
	}
	var keys []string
	for lines.Next() {
		fields, line := make([]sql.NullString, len(columns)), map[string]string{}
		targets := make([]any, len(columns))
		for i := range fields {
			targets[i] = &fields[i]
		}
		if err := lines.Scan(targets...); err != nil {
			e.t.Fatal(err)
		}
		for i, name := range columns {
			line[name] = fields[i].String
		}
		if strings.HasPrefix(line["table"], "<") {
			continue // the union of the lines before
		}
		expected, err := strconv.ParseUint(line["rows"], 10, 64)
		if err != nil {
			e.t.Fatalf("%v: %v", line, err)
		}
		if line["type"] == "ALL" || line["type"] == "index" || expected > e.most {
			e.t.Errorf("reads too much: %v\n%.300s", line, statement)
		}
		keys = append(keys, line["key"])
	}
	if err := lines.Err(); err != nil {
		e.t.Fatal(err)
	}
	slices.Sort(keys)
	if !slices.Equal(keys, e.want) {
		e.t.Errorf("keys %q, want %q\n%.300s", keys, e.want, statement)
	}
}

// Fails when a query reads more than its index tells it to, on a table of 11,000 contacts, for the
// contacts of a small cluster or for as many as one statement lists. The cluster of the first has
// 1,200 values.
func TestQueriesUseTheirIndexes(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	link(t, db.Pool, linker.Policy{}, hub(1200)...)
	var others []identity.Observation
	for i := range 10_000 {
		others = append(others, saw(fmt.Sprintf("o%d@example.com", i), fmt.Sprintf("99%d", i/2), 0))
	}
	for part := range slices.Chunk(others, 1000) {
		link(t, db.Pool, linker.Policy{}, part...)
	}
	exec(t, db.Pool,
		"UPDATE observations SET withheld = 'blocked' WHERE id > 4000",
		`INSERT INTO events (kind, contact_id, primary_id, observation_id)
			SELECT 'refused', phone_contact_id, email_contact_id, id FROM observations WHERE id < 3000 OR id > 4000`,
	)
	exec(t, db.Pool, "ANALYZE TABLE contacts, observations, events")
	for _, n := range []int{2, 500} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			e := &explainer{DB: db.Pool, t: t, most: 3000}
			expectKeys(t, e, store.New(e), n)
		})
	}
}

func expectKeys(t *testing.T, e *explainer, q *store.Queries, n int) {
	t.Helper()
	ids := make([]uint64, n)
	for i := range ids {
		ids[i] = uint64(i + 1)
	}
	email, phone := "hub7@example.com", "770"
	ctx, after := t.Context(), time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	run := func(name string, do func() (int, error), keys ...string) {
		t.Helper()
		e.want = keys
		if found, err := do(); err != nil || found == 0 {
			t.Errorf("%s: %d rows, %v", name, found, err)
		}
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
	run("ListOrigins", func() (int, error) {
		rows, err := q.ListOrigins(ctx, ids)
		return len(rows), err
	}, "events_contact_id")
	run("ListEventsOfContacts", func() (int, error) {
		rows, err := q.ListEventsOfContacts(ctx, store.ListEventsOfContactsParams{ContactIds: ids, After: after, Limit: 101})
		return len(rows), err
	}, "events_contact_id")
	run("ListEventsOfPrimaries", func() (int, error) {
		rows, err := q.ListEventsOfPrimaries(ctx, store.ListEventsOfPrimariesParams{PrimaryIds: ids, After: after, Limit: 101})
		return len(rows), err
	}, "events_primary_id")
	for i := range ids {
		ids[i] += 5000
	}
	run("ListWithheldOfPhoneNumbers", func() (int, error) {
		rows, err := q.ListWithheldOfPhoneNumbers(ctx, store.ListWithheldOfPhoneNumbersParams{PhoneContactIds: ids, After: after, Limit: 101})
		return len(rows), err
	}, "observations_phone_contact_id")
}
