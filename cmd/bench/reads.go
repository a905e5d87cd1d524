package main

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/identikit/identikit/internal/identity"
)

// statement is what the server did for one query of queries/.
type statement struct {
	calls, rows float64 // rows that it examined
	sample      string  // one call of it, after the comment with its name
	pages       float64 // that the sample touches; 0 if it writes
	plan        string
}

// probes are the statements by their names, for each kind of request.
type probes map[string]map[string]statement

// probe sends a few requests of each kind and finds out what each statement of them reads. The result is
// empty if the server does not keep this, as MariaDB.
func (b *bench) probe(ctx context.Context, s *shop) (probes, error) {
	if _, err := s.statements(ctx); err != nil {
		b.logf("%s: what statements read is not known: %v", s.name, err)
		return nil, nil //nolint:nilnil // nothing is known
	}
	connected, disconnect, err := clients(ctx, s.service.address, 1)
	if err != nil {
		return nil, err
	}
	defer disconnect()
	found := probes{}
	for _, k := range kinds() {
		do := overHTTP(connected, func(random *rand.Rand) identity.Observation { return k.next(s.people, random) })
		if found[k.name], err = s.probeOne(ctx, do); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// probeOne makes a call a few times, one at a time.
func (s *shop) probeOne(ctx context.Context, do call) (map[string]statement, error) {
	const requests = 20
	before, err := s.statements(ctx)
	if err != nil {
		return nil, err
	}
	random := rand.New(rand.NewPCG(1, 1)) //nolint:gosec // load, not a secret
	for range requests {
		if err := do(ctx, 0, random); err != nil {
			return nil, err
		}
	}
	after, err := s.statements(ctx)
	if err != nil {
		return nil, err
	}
	return s.differences(ctx, before, after, requests)
}

// differences returns the statements of a number of requests, with the calls of one request.
func (s *shop) differences(ctx context.Context, before, after map[string]statement, requests float64) (map[string]statement, error) {
	found := map[string]statement{}
	for name, a := range after {
		calls := a.calls - before[name].calls
		if calls < requests/2 {
			continue // not of these requests
		}
		a.calls, a.rows = calls/requests, (a.rows-before[name].rows)/calls
		var err error
		if a.plan, err = s.explain(ctx, a.sample); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if a.pages, err = s.pages(ctx, a.sample); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		found[name] = a
	}
	return found, nil
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

// addReads adds the table of the statements on two shops.
func (b *bench) addReads(small *shop, ofSmall probes, big *shop, ofBig probes) {
	title := fmt.Sprintf("What each statement reads at %s and at %s contacts. Pages are counted for those that only read.",
		small.size(), big.size())
	for _, k := range kinds() {
		for _, name := range slices.Sorted(maps.Keys(ofBig[k.name])) {
			a, z := ofSmall[k.name][name], ofBig[k.name][name]
			plan := z.plan
			if a.plan != z.plan {
				plan += " (at " + small.size() + ": " + a.plan + ")"
			}
			pages := ""
			if z.pages > 0 {
				pages = fmt.Sprintf("%.0f : %.0f", a.pages, z.pages)
			}
			b.addLine(title, "kind | query | calls a request | rows examined a call | pages touched a call | keys",
				fmt.Sprintf("%s | %s | %.2f | %.1f : %.1f | %s | %s", k.name, name, z.calls, a.rows, z.rows, pages, plan))
		}
	}
}
