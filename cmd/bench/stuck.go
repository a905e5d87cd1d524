package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/identikit/identikit/internal/identity"
)

// lockTime is how long the experiment stuck holds its locks: most of the 10 s after which the service
// gives up a request.
const lockTime = 8 * time.Second

// stuck measures how a locked cluster delays requests about other clusters. Another transaction keeps
// primaries locked for 8 s, some callers want those clusters, and the usual number of callers go on
// with a mixed load. That load is compared with the same load without locks, in turn.
func (b *bench) stuck(ctx context.Context) error {
	for _, s := range []struct{ roots, waiting int }{{1, 6}, {1, 12}, {12, 12}} {
		if err := b.stuckOn(ctx, s.roots, s.waiting); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) stuckOn(ctx context.Context, roots, waiting int) (err error) {
	s, err := b.open(ctx, "stuck", b.known)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	connected, err := s.connect(ctx, s.service.address)
	if err != nil {
		return err
	}
	locked := make([]identity.Observation, roots)
	for i := range locked {
		locked[i] = s.people.person(uint64(i) * spacing)
	}
	next := func(random *rand.Rand) identity.Observation { return s.people.mixedWithout(locked, random) }
	others := side{pid: s.service.pid(), call: orUnavailable(overHTTP(connected, next))}
	if _, err := drive(ctx, load{callers: callers, length: b.warmUp()}, others.call); err != nil {
		return err
	}
	var free, held []round
	for n := range b.rounds {
		f, err := b.observe(ctx, others, load{callers: callers, length: lockTime})
		if err != nil {
			return err
		}
		h, err := b.whileLocked(ctx, s, locked, stuckCallers{first: n * waiting, count: waiting}, others)
		if err != nil {
			return err
		}
		free, held = append(free, f), append(held, h)
	}
	b.addStuck(fmt.Sprintf("%d callers stuck on %d locked clusters", waiting, roots), free, held)
	return nil
}

// whileLocked observes the others while customers are locked and stuck callers want them.
func (b *bench) whileLocked(ctx context.Context, s *shop, locked []identity.Observation, stuck stuckCallers, others side) (round, error) {
	release, err := s.lock(ctx, locked)
	if err != nil {
		return round{}, err
	}
	defer release()
	finish := stuck.start(ctx, s.service.address, locked)
	held, err := b.observe(ctx, others, load{callers: callers, length: lockTime})
	release()
	return held, errors.Join(err, finish())
}

// orUnavailable accepts status 503, the answer to a request that waited too long.
func orUnavailable(do call) call {
	return func(ctx context.Context, caller int, random *rand.Rand) error {
		err := do(ctx, caller, random)
		if s, ok := errors.AsType[statusError](err); ok && s.status == "503" {
			return nil
		}
		return err
	}
}

func (b *bench) addStuck(work string, free, held []round) {
	b.details = append(b.details, detail{work: work, side: "others, free", rounds: free},
		detail{work: work, side: "others, while locked", rounds: held})
	longest := make([]float64, len(held))
	for i, r := range held {
		longest[i] = slowest(r)
	}
	b.rows = append(b.rows, row{
		work: work + ": p99 of the others", ours: fmt.Sprintf("%.1f ms", median(held, p99)),
		theirs: fmt.Sprintf("without locks: %.1f ms", median(free, p99)),
		ratio:  ratios(held, free, p99), target: atMost(3),
	}, row{
		work: work + ": slowest of the others", ours: fmt.Sprintf("%.0f ms", median(held, slowest)),
		theirs: fmt.Sprintf("without locks: %.0f ms", median(free, slowest)),
		ratio:  spreadOf(longest...), target: under(1000, "ms"),
	})
	b.logf("%s: others p99 %.1f ms, max %.0f ms; free p99 %.1f ms, max %.0f ms", work,
		median(held, p99), median(held, slowest), median(free, p99), median(free, slowest))
}

// mixedWithout is mixed without the values of some customers.
func (p *people) mixedWithout(left []identity.Observation, random *rand.Rand) identity.Observation {
	for {
		o := p.mixed(random)
		if !slices.ContainsFunc(left, func(l identity.Observation) bool { return o.Email == l.Email || o.Phone == l.Phone }) {
			return o
		}
	}
}

// lock keeps the contacts of customers locked until release.
func (d *database) lock(ctx context.Context, customers []identity.Observation) (release func(), err error) {
	tx, err := d.pool.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	for _, c := range customers { // in ascending id
		if _, err := tx.ExecContext(ctx, "SELECT id FROM contacts WHERE email = ? FOR UPDATE", c.Email); err != nil {
			return nil, errors.Join(err, tx.Rollback())
		}
	}
	return func() { tx.Rollback() }, nil //nolint:errcheck // it only releases the locks
}

// stuckCallers ask for new values of locked customers. Callers with different numbers never send the
// same value: a known one would not wait for a lock.
type stuckCallers struct{ first, count int }

// start lets the callers ask again and again until finish is called, which returns what went wrong.
// A request that waited too long, status 503, is not an error.
func (c stuckCallers) start(ctx context.Context, address string, locked []identity.Observation) (finish func() error) {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	failures := make([]error, c.count)
	for i := range c.count {
		running.Go(func() {
			for n := 0; ctx.Err() == nil && failures[i] == nil; n++ {
				body := fmt.Sprintf(`{"email":"%s","phoneNumber":"+1206%03d%05d"}`, locked[i%len(locked)].Email, c.first+i, n)
				failures[i] = post(ctx, address, body)
			}
		})
	}
	return func() error {
		cancel()
		running.Wait()
		return errors.Join(failures...)
	}
}

func post(ctx context.Context, address, body string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+address+"/identify", strings.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if ctx.Err() != nil {
		return nil // canceled, because the round is over
	}
	if err != nil {
		return err
	}
	defer answer.Body.Close() //nolint:errcheck // it was only read
	if answer.StatusCode != http.StatusOK && answer.StatusCode != http.StatusServiceUnavailable {
		return fmt.Errorf("a stuck request was answered with status %s", answer.Status)
	}
	return nil
}
