package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
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

// judge checks the history of an island.
func (r *round) judge(res *result, i *island, t *tables) {
	find := func(text string) {
		res.findings = append(res.findings, fmt.Sprintf("island %d (%s): %s", i.number, i.style, text))
	}
	for _, o := range i.operations {
		o.disturbed = r.isDisturbed(o)
		res.operations += max(1, len(o.links))
		switch {
		case o.status == http.StatusOK:
			res.acknowledged += max(1, len(o.links))
		case !o.known():
			res.unknown += max(1, len(o.links))
		}
	}
	for _, text := range append(missing(i, t), checkIDs(i, t)...) {
		find(text)
	}
	switch i.style {
	case wild:
	case lake:
		for _, text := range append(checkGrowth(append(i.operations, t.lookUps(i)...)), checkRendering(i, t)...) {
			find(text)
		}
	default:
		stored, ids := t.stateOf(i)
		last := &operation{kind: final, start: never - 1, end: never - 1, status: http.StatusOK, stored: stored}
		v, text := findOrder(model{ids: ids}, append(i.operations, last))
		switch v {
		case explained:
			res.ordered++
		case undecided:
			res.undecided++
		case unexplained:
			find(text)
			r.keep(i, last)
		}
	}
}

// missing finds values that were acknowledged, not erased, and are not stored.
func missing(i *island, t *tables) []string {
	var seen, gone set
	for _, o := range i.operations {
		for n, a := range o.answers {
			if a.status == http.StatusOK && o.kind == identify {
				seen |= a.values | o.links[n].set()
			}
		}
		switch o.kind {
		case erase, suppress:
			gone |= setOf(o.value)
		case remove:
			gone = ^set(0) // it may have held any
		default:
		}
	}
	var findings []string
	for _, v := range (seen &^ gone).values() {
		if t.byText[i.text(v)] == nil {
			findings = append(findings, fmt.Sprintf("%v was acknowledged and is missing", v))
		}
	}
	return findings
}

// lookUps are the clusters of an island in the tables, as look-ups after everything else.
func (t *tables) lookUps(i *island) []*operation {
	var all []*operation
	clusters := map[uint64]set{}
	for text, v := range i.byText {
		if r := t.byText[text]; r != nil {
			clusters[r.primary()] |= setOf(v)
		}
	}
	for primary, values := range clusters {
		all = append(all, &operation{
			kind: lookUp, value: values.values()[0], status: http.StatusOK, start: never - 1, end: never - 1,
			answers: []answer{{status: http.StatusOK, values: values, primary: primary}},
		})
	}
	return all
}

// keep writes the history of an island into the folder of the logs, if there is one.
func (r *round) keep(i *island, last *operation) {
	if r.logs == "" {
		return
	}
	var text strings.Builder
	for _, o := range byStart(i.operations) {
		fmt.Fprintln(&text, o)
	}
	fmt.Fprintln(&text, &last.stored)
	name := filepath.Join(r.logs, fmt.Sprintf("round-%d-island-%d.txt", r.number, i.number))
	if err := os.WriteFile(name, []byte(text.String()), 0o600); err != nil {
		r.logf("%v", err)
	}
}
