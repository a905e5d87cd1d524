package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"
)

// undo measures explanations, corrections and erasures in clusters of 1,000 values, one request at a
// time.
func (b *bench) undo(ctx context.Context) (err error) {
	const clusters, members = 20, 999 // the first member has two values
	s, err := b.open(ctx, "undo", b.known)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if _, err := addClusters(ctx, s.database, clusters, members); err != nil {
		return err
	}
	contacts, err := s.ids(ctx, "SELECT id FROM contacts WHERE linked_id IS NOT NULL")
	if err != nil {
		return err
	}
	observations, err := s.ids(ctx, "SELECT id FROM observations WHERE email_contact_id <> phone_contact_id")
	if err != nil {
		return err
	}
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // load, not a secret
	pick := func(ids []uint64) uint64 { return ids[random.IntN(len(ids))] }
	var retracted uint64
	for _, operation := range []struct {
		name string
		path func() (method, path string)
	}{
		{"explain", func() (string, string) {
			n := random.IntN(len(contacts) - 7) // neighbours are nearly always in one cluster
			return http.MethodGet, fmt.Sprintf("/contacts/%d/explain?with=%d", contacts[n], contacts[n+7])
		}},
		{"retract and restore", func() (string, string) {
			if retracted == 0 {
				retracted = pick(observations)
				return http.MethodPost, fmt.Sprintf("/observations/%d/retract", retracted)
			}
			path := fmt.Sprintf("/observations/%d/restore", retracted)
			retracted = 0
			return http.MethodPost, path
		}},
		{"erase", func() (string, string) {
			n := random.IntN(len(contacts))
			id := contacts[n]
			contacts = slices.Delete(contacts, n, n+1)
			return http.MethodDelete, fmt.Sprintf("/contacts/%d", id)
		}},
	} {
		r := round{}
		for range min(b.requests, 400) {
			method, path := operation.path()
			start := time.Now()
			if err := ask(ctx, method, "http://"+s.service.address+path); err != nil {
				return fmt.Errorf("%s: %w", operation.name, err)
			}
			r.latencies = append(r.latencies, time.Since(start))
		}
		slices.Sort(r.latencies)
		b.logf("%s: p95 %.1f ms", operation.name, p95(r))
		b.rows = append(b.rows, row{
			work: "cluster of 1,000 values: " + operation.name, ours: fmt.Sprintf("p95 %.1f ms", p95(r)), ratio: spreadOf(p95(r)),
			target: under(100, "ms"),
		})
	}
	return nil
}

// ask sends a request without a body and expects status 200.
func ask(ctx context.Context, method, address string) error {
	request, err := http.NewRequestWithContext(ctx, method, address, http.NoBody)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close() //nolint:errcheck // it was only read
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("answered with status %s", answer.Status)
	}
	return nil
}

// ids lists what a query finds.
func (d *database) ids(ctx context.Context, query string) ([]uint64, error) {
	rows, err := d.pool.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err below reports what Close would
	var ids []uint64
	for rows.Next() {
		var id uint64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}
