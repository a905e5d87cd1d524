package mysqltest

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"testing"
)

// Explainer is a store.DBTX that checks the plan of each statement before it runs it. The test
// fails if a plan reads a whole table or a whole index, expects more rows than MaxRows, or uses
// other keys than those that Run was given. Statements that write are only explained.
//
// An Explainer must not be used by several goroutines at a time.
type Explainer struct {
	MaxRows    uint64 // the most rows that the server may expect to read for one line of a plan; 0 for no limit
	Statements int    // how many statements were explained
	MaxArgs    int    // the most arguments that one of them had

	db   *sql.DB
	t    testing.TB
	keys []string // sorted; nil if any keys will do
}

// NewExplainer returns an Explainer of the database that reports to t.
func NewExplainer(t testing.TB, db *sql.DB) *Explainer { return &Explainer{db: db, t: t} }

// Run calls do, whose statements must use exactly the given keys, in any order, a key once for each
// table that is read by it. A do that returns an error or runs no statement fails the test.
func (e *Explainer) Run(name string, do func() error, keys ...string) {
	e.t.Helper()
	e.keys = slices.Sorted(slices.Values(keys))
	defer func() { e.keys = nil }()
	before := e.Statements
	if err := do(); err != nil {
		e.t.Errorf("%s: %v", name, err)
	} else if e.Statements == before {
		e.t.Errorf("%s: no statement was explained", name)
	}
}

// QueryContext explains the query and runs it.
func (e *Explainer) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	e.t.Helper()
	e.check(ctx, query, args)
	return e.db.QueryContext(ctx, query, args...)
}

// QueryRowContext explains the query and runs it.
func (e *Explainer) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	e.t.Helper()
	e.check(ctx, query, args)
	return e.db.QueryRowContext(ctx, query, args...)
}

// ExecContext explains the statement and does not run it. The result is that of a statement that
// changed nothing.
func (e *Explainer) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	e.t.Helper()
	e.check(ctx, query, args)
	return e.db.ExecContext(ctx, "DO 0")
}

// PrepareContext fails: a prepared statement would run without being explained.
func (e *Explainer) PrepareContext(context.Context, string) (*sql.Stmt, error) {
	return nil, errors.New("mysqltest: an Explainer does not prepare statements")
}

// check explains a statement and reports what is wrong with its plan.
func (e *Explainer) check(ctx context.Context, query string, args []any) {
	e.t.Helper()
	e.Statements, e.MaxArgs = e.Statements+1, max(e.MaxArgs, len(args))
	lines, err := e.explain(ctx, query, args)
	if err != nil {
		e.t.Errorf("%v\n%.300s", err, query)
		return
	}
	keys := []string{}
	for _, line := range lines {
		if !line.readsTable() {
			continue
		}
		if line.readsAll() || e.MaxRows > 0 && line.rows > e.MaxRows {
			e.t.Errorf("reads too much: %s\n%.300s", line.text, query)
		}
		keys = append(keys, line.key)
	}
	slices.Sort(keys)
	if e.keys != nil && !slices.Equal(keys, e.keys) {
		e.t.Errorf("keys %q, want %q\n%.300s", keys, e.keys, query)
	}
}

// explain returns the plan of a statement.
func (e *Explainer) explain(ctx context.Context, query string, args []any) ([]planLine, error) {
	if strings.HasPrefix(query, "--") {
		_, query, _ = strings.Cut(query, "\n") // sqlc's comment
	}
	rows, err := e.db.QueryContext(ctx, "EXPLAIN FORMAT=TRADITIONAL "+query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err below reports what Close would
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var plan []planLine
	fields, targets := make([]sql.NullString, len(columns)), make([]any, len(columns))
	for i := range fields {
		targets[i] = &fields[i]
	}
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return nil, err
		}
		line, err := parsePlanLine(columns, fields)
		if err != nil {
			return nil, err
		}
		plan = append(plan, line)
	}
	return plan, rows.Err()
}
