package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/identikit/identikit/internal/testbed"
)

// summarize computes the figures of the load.
func (t *trial) summarize(writes []time.Time, end time.Time) result {
	r := result{fault: t.fault, end: end}
	for _, c := range t.callers {
		r.add(&c.tally)
	}
	for _, pair := range t.rivals {
		r.rounds += pair.rounds
		for side := range pair.sides {
			r.add(&pair.sides[side])
		}
		if pair.pending != nil {
			r.silent = append(r.silent, "rivals")
		}
	}
	r.group = longestGap(writes, t.begun, end)
	r.newValues = longestGap(r.changes, t.begun, end)
	r.reads = longestGap(r.lookups, t.begun, end)
	r.any = longestGap(append(r.known, r.changes...), t.begun, end)
	return r
}

// examine looks for what was acknowledged: in the tables of each server, and through the service.
func (t *trial) examine(ctx context.Context, r *result) error {
	var histories []*history
	for _, c := range t.callers {
		histories = append(histories, &c.history)
	}
	var strays []*testbed.Node
	for _, n := range t.cluster.Nodes {
		if t.cluster.Options.Topology != testbed.Galera && errors.Is(n.CheckStray(ctx), testbed.ErrStray) {
			strays = append(strays, n)
		}
	}
	if err := t.cluster.Settle(ctx, strays...); err != nil {
		return err
	}
	var first []row
	for _, n := range t.cluster.Nodes {
		if slices.Contains(strays, n) {
			continue
		}
		rows, err := t.rows(ctx, n)
		if err != nil {
			return err
		}
		if first == nil {
			first = rows
		}
		if !slices.Equal(first, rows) {
			r.lost = append(r.lost, n.Name+" has other contacts than the servers before it")
		}
		f := audit(histories, t.rivals, rows)
		r.values = f.values
		r.lost, r.doubled = append(r.lost, f.lost...), append(r.doubled, f.doubled...)
	}
	t.askAgain(ctx, r)
	if out, err := t.binary.Command(ctx, t.urls[0], "verify").CombinedOutput(); err != nil {
		r.verify = fmt.Sprintf("%v\n%s", err, out)
	}
	return nil
}

func (t *trial) rows(ctx context.Context, n *testbed.Node) ([]row, error) {
	//nolint:gosec // the name is one of faults
	found, err := n.Pool.QueryContext(ctx, `SELECT id, COALESCE(linked_id, id), COALESCE(email, ''), COALESCE(phone_number, '')
		FROM `+t.database+".contacts ORDER BY id")
	if err != nil {
		return nil, err
	}
	defer found.Close() //nolint:errcheck // rows.Err below reports what Close would
	var rows []row
	for found.Next() {
		var one row
		if err := found.Scan(&one.id, &one.primary, &one.email, &one.phone); err != nil {
			return nil, err
		}
		rows = append(rows, one)
	}
	return rows, found.Err()
}

// askAgain asks the service for each customer once. The audit has found their values, so that nothing is
// added.
func (t *trial) askAgain(ctx context.Context, r *result) {
	if len(r.lost) > 0 {
		return
	}
	var running sync.WaitGroup
	for _, c := range t.callers {
		c.tally = tally{} // counts from here
		running.Go(func() {
			for _, known := range c.customers {
				c.askKnown(ctx, known)
			}
		})
	}
	running.Wait()
	for _, c := range t.callers {
		r.lost = append(r.lost, c.wrong...)
		for status, n := range c.statuses {
			if status != statusOK {
				r.silent = append(r.silent, fmt.Sprintf("%d × %s", n, statusText(status)))
			}
		}
	}
}
