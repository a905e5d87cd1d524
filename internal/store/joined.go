package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
)

// atOnce calls a generated method n times, with i from 0 to n-1, and runs all calls as one
// statement. Only the last call has a result.
func (q *Queries) atOnce(n int, separator string, call func(q *Queries, i int) error) error {
	joined := &Queries{db: &joinedCalls{DBTX: q.db, n: n, separator: separator}}
	for i := range n {
		if err := call(joined, i); !errors.Is(err, errJoined) {
			return err
		}
	}
	return nil
}

// joinedCalls combines n calls of a generated method into one statement: it collects the arguments
// of all calls, repeats the tuple of the query, and runs it with the last call. The tuple is the
// line that begins with a parenthesis.
type joinedCalls struct {
	DBTX
	n, calls  int
	separator string
	args      []any
}

// errJoined is the result of a call that is combined with a later one.
var errJoined = errors.New("the statement runs with the last call")

func (j *joinedCalls) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if !j.join(args) {
		return nil, errJoined
	}
	return j.DBTX.ExecContext(ctx, repeat(query, j.separator, j.n), j.args...)
}

func (j *joinedCalls) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if !j.join(args) {
		return nil, errJoined
	}
	return j.DBTX.QueryContext(ctx, repeat(query, j.separator, j.n), j.args...)
}

// join collects the arguments of one call and reports whether it is the last.
func (j *joinedCalls) join(args []any) (last bool) {
	if j.args == nil {
		j.args = make([]any, 0, j.n*len(args))
	}
	j.args = append(j.args, args...)
	j.calls++
	return j.calls == j.n
}

// repeat returns the query with its tuple repeated n times.
func repeat(query, separator string, n int) string {
	head, rest, _ := strings.Cut(query, "\n(")
	tuple, tail, _ := strings.Cut(rest, "\n")
	tuple = "(" + tuple
	return head + "\n" + strings.Repeat(tuple+separator, n-1) + tuple + "\n" + tail
}
