package main

import (
	"context"
	"time"

	"github.com/identikit/identikit/internal/mysql"
)

// result is what a round came to.
type result struct {
	number       int
	seed         uint64
	operations   int // requests to identify, look-ups and corrections, each element of a batch
	acknowledged int // of them with a 200
	unknown      int // of them without an answer that says what happened
	islands      int
	ordered      int // of them with a history for which an order was found
	undecided    int // of them with one for which the search took too long
	events       int
	longest      time.Duration
	caused       map[string]int
	counts       map[string]int
	findings     []string
}

// examine checks the history of a round that is over.
func (r *round) examine(ctx context.Context, f *follower) (result, error) {
	db, err := mysql.Open(r.config, 2)
	if err != nil {
		return result{}, err
	}
	defer db.Close() //nolint:errcheck // it was only queried
	if err := r.quiet(ctx, db); err != nil {
		return result{}, err
	}
	t, err := readTables(ctx, db)
	if err != nil {
		return result{}, err
	}
	res := result{
		number: r.number, seed: r.seed, islands: len(r.islands), longest: r.client.longest, caused: r.caused, counts: r.client.counts,
		findings: append(r.client.breaches, t.check()...),
	}
	for _, i := range r.islands {
		r.judge(&res, i, t)
	}
	if err := r.command(ctx, "verify"); err != nil {
		res.findings = append(res.findings, err.Error())
	}
	again, err := r.finishFeed(ctx, f)
	if err != nil {
		return res, err
	}
	res.events = len(f.events)
	res.findings = append(res.findings, f.check(t, again)...)
	return res, nil
}

// finishFeed lets the follower read the rest, and another one all of it.
func (r *round) finishFeed(ctx context.Context, f *follower) (again *follower, err error) {
	p, err := startProcess(ctx, processes, r.binary, r.config, nil, nil)
	if err != nil {
		return nil, err
	}
	defer p.stop() //nolint:errcheck // it only read
	again = newFollower()
	if err := f.finish(ctx, r.client, p); err != nil {
		return nil, err
	}
	return again, again.finish(ctx, r.client, p)
}
