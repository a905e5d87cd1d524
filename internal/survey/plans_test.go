package survey_test

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"testing"

	"github.com/identikit/identikit/internal/mysqltest"
	"github.com/identikit/identikit/internal/store"
)

// covered is a store.DBTX that fails the test when a statement reads more than an index, or more entries of
// it than it may.
type covered struct {
	*mysqltest.Explainer
	t    *testing.T
	conn *sql.Conn
	most int
}

func (c *covered) check(query string, args []any, run func()) {
	c.t.Helper()
	_, text, _ := strings.Cut(query, "\n") // without sqlc's comment
	rows, err := c.conn.QueryContext(c.t.Context(), "EXPLAIN FORMAT=TRADITIONAL "+text, args...)
	if err != nil {
		c.t.Fatal(err)
	}
	var plan []string
	for _, extra := range columnOf(c.t, rows, "Extra") {
		plan = append(plan, strings.Split(extra, "; ")...)
	}
	if !slices.Contains(plan, "Using index") || slices.Contains(plan, "Using index condition") || slices.Contains(plan, "Using filesort") {
		c.t.Errorf("the plan is %q\n%s", plan, text)
	}
	before := c.handled()
	run()
	if n := c.handled() - before; n > c.most {
		c.t.Errorf("%d entries were read, want at most %d\n%s", n, c.most, text)
	}
}

// handled returns how many rows and entries the connection has read so far.
func (c *covered) handled() (sum int) {
	c.t.Helper()
	rows, err := c.conn.QueryContext(c.t.Context(), "SHOW SESSION STATUS WHERE Variable_name IN "+
		"('Handler_read_first', 'Handler_read_key', 'Handler_read_next', 'Handler_read_prev', 'Handler_read_rnd')")
	if err != nil {
		c.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var n int
		if err := rows.Scan(&name, &n); err != nil {
			c.t.Fatal(err)
		}
		sum += n
	}
	if err := rows.Err(); err != nil {
		c.t.Fatal(err)
	}
	return sum
}

// readAll runs a query on the connection whose entries are counted.
func (c *covered) readAll(ctx context.Context, query string, args []any) error {
	rows, err := c.conn.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		continue
	}
	return rows.Err()
}

func (c *covered) QueryContext(ctx context.Context, query string, args ...any) (found *sql.Rows, err error) {
	c.t.Helper()
	c.check(query, args, func() { err = c.readAll(ctx, query, args) })
	if err != nil {
		return nil, err
	}
	return c.Explainer.QueryContext(ctx, query, args...)
}

func (c *covered) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	c.t.Helper()
	c.check(query, args, func() {
		if err := c.readAll(ctx, query, args); err != nil {
			c.t.Error(err)
		}
	})
	return c.Explainer.QueryRowContext(ctx, query, args...)
}

func columnOf(t *testing.T, rows *sql.Rows, name string) (all []string) {
	t.Helper()
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	fields, targets := make([]sql.NullString, len(columns)), make([]any, len(columns))
	for i := range fields {
		targets[i] = &fields[i]
	}
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			t.Fatal(err)
		}
		for i, c := range columns {
			if c == name {
				all = append(all, fields[i].String)
			}
		}
	}
	return all
}

// Fails when a statement of a survey reads rows instead of the index, sorts, or reads more entries than a
// chunk has at a time, on a table of 13,000 contacts with a group of 5,000 members.
func TestStatementsReadAChunkOfAnIndex(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t).Pool
	sizes := append([]int{5000}, make([]int, 500)...)
	for i := range sizes[1:] {
		sizes[1+i] = 4
	}
	fill(t, db, sizes, sizes[1:], sizes[1:])
	fill5000(t, db)
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	const chunk = 300
	e := &covered{Explainer: mysqltest.NewExplainer(t, db), t: t, conn: conn, most: chunk + 20}
	q, ctx := store.New(e), t.Context()
	one, after, big := uint64(1), uint64(5001), uint64(5001+chunk)
	run := func(name, key string, do func() error) { t.Helper(); e.Run(name, do, key) }
	const contacts, pair, byPhone = "contacts_linked_id", "observations_pair", "observations_phone_contact_id"
	run("FindClusterBound", contacts, func() error {
		_, err := q.FindClusterBound(ctx, store.FindClusterBoundParams{After: &after, Offset: chunk})
		return err
	})
	run("CountClusterGroups", contacts, func() error {
		_, err := q.CountClusterGroups(ctx, store.CountClusterGroupsParams{After: &after, Bound: &big, Least: 2})
		return err
	})
	run("CountClusterMembers", contacts, func() error {
		_, err := q.CountClusterMembers(ctx, store.CountClusterMembersParams{ID: &one, After: 17, Limit: chunk})
		return err
	})
	from := firstObserved(t, db)
	run("FindEmailBound", pair, func() error {
		_, err := q.FindEmailBound(ctx, store.FindEmailBoundParams{After: from, Offset: chunk})
		return err
	})
	run("CountEmailGroups", pair, func() error {
		_, err := q.CountEmailGroups(ctx, store.CountEmailGroupsParams{After: from, Bound: from + chunk, Least: 2})
		return err
	})
	run("CountEmailMembers", pair, func() error {
		_, err := q.CountEmailMembers(ctx, store.CountEmailMembersParams{ID: 1, After: 17, Limit: chunk})
		return err
	})
	run("FindObservationOfEmail", pair, func() error { _, err := q.FindObservationOfEmail(ctx, 1); return err })
	run("FindPhoneBound", byPhone, func() error {
		_, err := q.FindPhoneBound(ctx, store.FindPhoneBoundParams{After: from, Offset: chunk})
		return err
	})
	run("CountPhoneGroups", byPhone, func() error {
		_, err := q.CountPhoneGroups(ctx, store.CountPhoneGroupsParams{After: from, Bound: from + chunk, Least: 1})
		return err
	})
	run("CountPhoneMembers", byPhone, func() error {
		_, err := q.CountPhoneMembers(ctx, store.CountPhoneMembersParams{ID: 1, After: 17, Limit: chunk})
		return err
	})
	run("FindObservationOfPhoneNumber", byPhone, func() error { _, err := q.FindObservationOfPhoneNumber(ctx, 1); return err })
}

// fill5000 lets both values of the first contact be seen with 5,000 others.
func fill5000(t *testing.T, db *sql.DB) {
	t.Helper()
	exec(t, db, "INSERT IGNORE INTO observations (email_contact_id, phone_contact_id) SELECT 1, id FROM contacts WHERE id <= 5000",
		"INSERT IGNORE INTO observations (email_contact_id, phone_contact_id) SELECT id, 1 FROM contacts WHERE id <= 5000",
		"ANALYZE TABLE contacts, observations")
}

// firstObserved returns the first contact of the small groups.
func firstObserved(t *testing.T, db *sql.DB) (id uint64) {
	t.Helper()
	if err := db.QueryRowContext(t.Context(), "SELECT MIN(email_contact_id) FROM observations WHERE email_contact_id > 5000").Scan(&id); err != nil {
		t.Fatal(err)
	}
	return id
}
