package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	hubPhone = "+4917000000001" // no customer has it
	hubBase  = 500_000_000      // ids and numbers of the hub's contacts begin here
)

// hub measures how long it takes to block and unblock a phone number with very many observations, how
// long each step holds the lock of its cluster, and how that affects requests about other customers.
func (b *bench) hub(ctx context.Context) (err error) {
	s, err := b.open(ctx, "hub", b.known, "MAX_CLUSTER_VALUES=0") // everything can be linked again
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if err := b.addHub(ctx, s.database, b.known); err != nil {
		return err
	}
	connected, err := s.connect(ctx, s.service.address)
	if err != nil {
		return err
	}
	do := overHTTP(connected, s.people.mixed)
	live := load{callers: b.calm().callers, length: time.Hour, every: b.calm().every}
	if _, err := drive(ctx, load{callers: live.callers, length: b.warmUp()}, do); err != nil {
		return err
	}
	alone, err := b.observe(ctx, side{pid: s.service.pid(), call: do}, b.calm())
	if err != nil {
		return err
	}
	block := request{http.MethodPost, "/blocked", fmt.Sprintf(`{"kind":"phoneNumber","value":%q,"reason":"a kiosk"}`, hubPhone)}
	id, err := b.beside(ctx, s, "block", block, live, do, alone)
	if err != nil {
		return err
	}
	_, err = b.beside(ctx, s, "unblock", request{method: http.MethodDelete, path: fmt.Sprintf("/blocked/%d", id)}, live, do, alone)
	return err
}

// addHub adds a cluster of n e-mail addresses that came with one phone number; the first shares its
// contact with the number, and each tenth has a phone number of its own.
func (b *bench) addHub(ctx context.Context, d *database, n int) error {
	others := n / 10
	err := b.load(ctx, d, "contacts (id, email, phone_number, linked_id, link_precedence)", n+others, func(w io.Writer) error {
		fmt.Fprintf(w, "%d\thub.0@example.com\t%s\t\\N\tprimary\n", hubBase, hubPhone)
		for i := 1; i < n; i++ {
			fmt.Fprintf(w, "%d\thub.%d@example.com\t\\N\t%d\tsecondary\n", hubBase+i, i, hubBase)
		}
		for i := range others {
			fmt.Fprintf(w, "%d\t\\N\t+4916%09d\t%d\tsecondary\n", hubBase+n+i, i, hubBase)
		}
		return nil
	})
	if err != nil {
		return err
	}
	err = b.load(ctx, d, "observations (email_contact_id, phone_contact_id)", n+others, func(w io.Writer) error {
		for i := range n {
			fmt.Fprintf(w, "%d\t%d\n", hubBase+i, hubBase)
		}
		for i := range others {
			fmt.Fprintf(w, "%d\t%d\n", hubBase+10*i, hubBase+n+i)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return b.rest(ctx, d)
}

// beside repeats a correction until it is complete, while there is live traffic and another session
// takes the lock of the hub's cluster, and returns the id of the block.
func (b *bench) beside(ctx context.Context, s *shop, name string, r request, live load, do call, alone round) (id uint64, err error) {
	traffic, end := context.WithCancel(ctx)
	defer end()
	live.done = traffic.Done()
	var beside round
	var waits []time.Duration
	var failures [2]error
	var running sync.WaitGroup
	running.Go(func() { beside, failures[0] = drive(ctx, live, do) })
	running.Go(func() { waits, failures[1] = s.probe(ctx, traffic) })
	start := time.Now()
	calls := 0
	for complete := false; !complete && err == nil; calls++ {
		id, complete, err = r.correct(ctx, s.service.address)
	}
	took := time.Since(start)
	end()
	running.Wait()
	if err := errors.Join(err, errors.Join(failures[:]...)); err != nil {
		return 0, err
	}
	b.details = append(b.details, detail{work: "70/20/8/2, 200/s", side: "while " + name, rounds: []round{beside}})
	work := fmt.Sprintf("%s a value with %s observations", name, short(b.known))
	longest := milliseconds(slices.Max(append(waits, 0)))
	b.logf("%s: %s in %d calls, longest wait for the lock %.0f ms, p99 of others %.1f ms against %.1f ms",
		work, took, calls, longest, p99(beside), p99(alone))
	b.rows = append(b.rows,
		row{work: work, ours: fmt.Sprintf("%.1f s", took.Seconds()), ratio: spreadOf(took.Seconds()), target: under(60, "s")},
		row{
			work: work + ": longest wait for its lock", ours: fmt.Sprintf("%.0f ms", longest),
			ratio: spreadOf(longest), target: under(500, "ms"),
		},
		row{
			work: work + ": p99 of identify", ours: fmt.Sprintf("%.1f ms", p99(beside)), theirs: fmt.Sprintf("before: %.1f ms", p99(alone)),
			ratio: spreadOf(p99(beside) / p99(alone)), target: atMost(2),
		})
	return id, nil
}

// probe locks the hub's contact again and again until traffic ends, and returns how long it waited
// each time, which is what was left of the current step.
func (s *shop) probe(ctx, traffic context.Context) (waits []time.Duration, err error) {
	for traffic.Err() == nil && err == nil {
		start := time.Now()
		tx, err := s.pool.BeginTx(ctx, nil)
		if err != nil {
			return waits, err
		}
		// The primary of the hub is the mutex of its cluster.
		_, err = tx.ExecContext(ctx, "SELECT id FROM contacts WHERE id = ? FOR UPDATE", hubBase)
		waits = append(waits, time.Since(start))
		if err := errors.Join(err, tx.Rollback()); err != nil {
			return waits, err
		}
		time.Sleep(time.Duration(5+rand.IntN(20)) * time.Millisecond) //nolint:gosec // load, not a secret
	}
	return waits, err
}

// request is a correction over HTTP.
type request struct{ method, path, body string }

// correct sends the request and returns the id of the block and whether it is complete.
func (r request) correct(ctx context.Context, address string) (id uint64, complete bool, err error) {
	sent, err := http.NewRequestWithContext(ctx, r.method, "http://"+address+r.path, strings.NewReader(r.body))
	if err != nil {
		return 0, false, err
	}
	sent.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(sent)
	if err != nil {
		return 0, false, err
	}
	defer answer.Body.Close() //nolint:errcheck // it was only read
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, false, err
	}
	if answer.StatusCode != http.StatusOK {
		return 0, false, fmt.Errorf("%s %s was answered with status %s: %s", r.method, r.path, answer.Status, bytes.TrimSpace(body))
	}
	var got struct {
		ID       uint64 `json:"id"`
		Complete bool   `json:"complete"`
	}
	err = json.Unmarshal(body, &got)
	return got.ID, got.Complete, err
}
