package main

import (
	"cmp"
	"context"
	"database/sql"
	"math"
	"slices"
	"strings"
	"time"
)

// statement is what the server did for one query of queries/.
type statement struct {
	calls, rows float64 // rows that it examined
	sample      string  // one call of it, after the comment with its name
}

// statements returns what the server did for each query since it started. A query begins with a comment
// that has its name.
func (s *shop) statements(ctx context.Context) (map[string]statement, error) {
	rows, err := s.server.admin.QueryContext(ctx, `SELECT QUERY_SAMPLE_TEXT, COUNT_STAR, SUM_ROWS_EXAMINED
		FROM performance_schema.events_statements_summary_by_digest
		WHERE SCHEMA_NAME = ? AND QUERY_SAMPLE_TEXT LIKE '-- name: %'`, s.name)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err below reports what Close would
	found := map[string]statement{}
	for rows.Next() {
		var text string
		var calls, examined float64
		if err := rows.Scan(&text, &calls, &examined); err != nil {
			return nil, err
		}
		name := strings.Fields(text)[2]
		known := found[name]
		found[name] = statement{calls: known.calls + calls, rows: known.rows + examined, sample: cmp.Or(known.sample, text)}
	}
	return found, rows.Err()
}

// explain returns the tables that a statement reads, each with the access and the key.
func (s *shop) explain(ctx context.Context, sample string) (string, error) {
	_, query, _ := strings.Cut(sample, "\n")
	rows, err := s.pool.QueryContext(ctx, "EXPLAIN FORMAT=TRADITIONAL "+query)
	if err != nil {
		return "", err
	}
	defer rows.Close() //nolint:errcheck // rows.Err below reports what Close would
	columns, err := rows.Columns()
	if err != nil {
		return "", err
	}
	fields, targets := make([]sql.NullString, len(columns)), make([]any, len(columns))
	for i := range fields {
		targets[i] = &fields[i]
	}
	var plan []string
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return "", err
		}
		if key := fields[slices.Index(columns, "key")].String; key != "" {
			plan = append(plan, fields[slices.Index(columns, "type")].String+" "+key)
		}
	}
	return strings.Join(plan, ", "), rows.Err()
}

// pages returns how many pages a query touches: the fewest of several runs, because the server's own work
// touches pages, too. The sample must have its comment, or else it would replace the one with a name.
func (s *shop) pages(ctx context.Context, sample string) (float64, error) {
	if !strings.Contains(sample, "\nSELECT") {
		return 0, nil
	}
	fewest := math.Inf(1)
	for range 5 {
		before, err := s.server.effect(ctx)
		if err != nil {
			return 0, err
		}
		if err := s.discard(ctx, sample); err != nil {
			return 0, err
		}
		after, err := s.server.effect(ctx)
		if err != nil {
			return 0, err
		}
		fewest = min(fewest, after.since(before).touched)
	}
	return fewest, nil
}

// discard runs a query and reads its rows.
func (s *shop) discard(ctx context.Context, query string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	rows, err := s.pool.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // rows.Err below reports what Close would
	for rows.Next() {
	}
	return rows.Err()
}
