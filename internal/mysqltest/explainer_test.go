package mysqltest_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/identikit/identikit/internal/mysqltest"
	"github.com/identikit/identikit/internal/store"
)

// recorder keeps the failures that would fail a test.
type recorder struct {
	testing.TB
	failures []string
}

func (r *recorder) Errorf(format string, args ...any) {
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

// Fails if an Explainer accepts a plan that it must not, or refuses one that it must accept.
func TestExplainer(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t).Pool
	for i := range 200 {
		insert(t, db, fmt.Sprintf("c%d@example.com", i))
	}
	if _, err := db.ExecContext(t.Context(), "ANALYZE TABLE contacts"); err != nil {
		t.Fatal(err)
	}
	query := func(statement string) func(context.Context, store.DBTX) error {
		return func(ctx context.Context, e store.DBTX) error {
			rows, err := e.QueryContext(ctx, statement)
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
			}
			return rows.Err()
		}
	}
	for _, test := range []struct {
		name string
		do   func(context.Context, store.DBTX) error
		keys []string
		want string // of the failure; "" for none
	}{
		{"its key", query("-- name: sqlc's\nSELECT id FROM contacts WHERE email = 'c1@example.com'"), []string{"contacts_email"}, ""},
		{"another key", query("SELECT phone_number FROM contacts WHERE id IN (1, 2)"), []string{"contacts_email"}, `keys ["PRIMARY"], want ["contacts_email"]`},
		{"two keys", query("SELECT a.id, b.email FROM contacts a JOIN contacts b ON b.id = a.linked_id WHERE a.email IN ('c1@example.com', 'c2@example.com')"),
			[]string{"contacts_email", "PRIMARY"}, ""},
		{"a union", query("(SELECT id FROM contacts WHERE id = 1) UNION (SELECT id FROM contacts WHERE id = 2)"), []string{"PRIMARY", "PRIMARY"}, ""},
		{"no such row", query("SELECT email FROM contacts WHERE id = 0"), []string{"PRIMARY"}, `keys [], want ["PRIMARY"]`},
		{"no table", query("SELECT 1"), nil, ""},
		{"a scan", query("SELECT * FROM contacts WHERE email LIKE '%x'"), []string{""}, "reads too much"},
		{"many rows", query("SELECT * FROM contacts WHERE id BETWEEN 1 AND 100"), []string{"PRIMARY"}, "reads too much"},
		{"a mistake", query("SELECT nothing FROM contacts"), nil, "1054"},
		{"no statement", func(context.Context, store.DBTX) error { return nil }, nil, "no statement"},
		{"prepared", func(ctx context.Context, e store.DBTX) error {
			_, err := e.PrepareContext(ctx, "SELECT 1") //nolint:sqlclosecheck // there is none
			return err
		}, nil, "does not prepare"},
		{"an error", func(context.Context, store.DBTX) error { return errors.New("its error") }, nil, "its error"},
		{"a write", func(ctx context.Context, e store.DBTX) error {
			_, err := e.ExecContext(ctx, "DELETE FROM contacts WHERE id = 1")
			return err
		}, []string{"PRIMARY"}, ""},
		{"values", func(ctx context.Context, e store.DBTX) error {
			_, err := e.ExecContext(ctx, "INSERT INTO contacts (email, link_precedence) VALUES ('new@example.com', 'primary')")
			return err
		}, nil, ""},
	} {
		r := &recorder{TB: t}
		e := mysqltest.NewExplainer(r, db)
		e.MaxRows = 20
		e.Run(test.name, func() error { return test.do(t.Context(), e) }, test.keys...)
		got := strings.Join(r.failures, "\n")
		if (test.want == "") != (got == "") || !strings.Contains(got, test.want) {
			t.Errorf("%s: got failures %q, want %q", test.name, got, test.want)
		}
	}
	if got := contacts(t, db); got != 200 {
		t.Errorf("got %d contacts, want 200: a statement that writes was run", got)
	}
}
