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

// lockTime is how long the locks of the experiment stuck are held: most of the 10 s that the service
// gives a request.
const lockTime = 8 * time.Second

// stuck measures how a locked cluster holds up requests about others. Another transaction keeps
// primaries locked for 8 s, some callers want those clusters, and the usual number of callers go on
// with a mixed load, which is compared with the same load before.
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
	connected, disconnect, err := clients(ctx, s.service.address, callers)
	if err != nil {
		return err
	}
	defer disconnect()
	locked := make([]identity.Observation, roots)
	for i := range locked {
		locked[i] = person(uint64(i) * spacing)
	}
	next := func(random *rand.Rand) identity.Observation { return s.people.mixedWithout(locked, random) }
	others := side{name: "others, free", pid: s.service.pid(), call: orUnavailable(overHTTP(connected, next))}
	l := load{callers: callers, length: lockTime}
	if _, err := drive(ctx, load{callers: callers, length: b.warmUp()}, others.call); err != nil {
		return err
	}
	free, err := b.observe(ctx, others, l)
	if err != nil {
		return err
	}
	release, err := s.lock(ctx, locked)
	if err != nil {
		return err
	}
	defer release()
	finish := wantLocked(ctx, s.service.address, locked, waiting)
	others.name = "others, while locked"
	held, err := b.observe(ctx, others, l)
	release()
	if err := errors.Join(err, finish()); err != nil {
		return err
	}
	b.addStuck(fmt.Sprintf("%d callers stuck on %d locked clusters", waiting, roots), free, held)
	return nil
}

// orUnavailable counts a 503, the answer to a request that waited too long, as an answer.
func orUnavailable(do call) call {
	return func(ctx context.Context, caller int, random *rand.Rand) error {
		err := do(ctx, caller, random)
		if s, ok := errors.AsType[statusError](err); ok && s.status == "503" {
			return nil
		}
		return err
	}
}

func (b *bench) addStuck(work string, free, held round) {
	p99, before := milliseconds(held.percentile(0.99)), milliseconds(free.percentile(0.99))
	b.details = append(b.details, detail{work: work, side: "others, free", rounds: []round{free}},
		detail{work: work, side: "others, while locked", rounds: []round{held}})
	b.rows = append(b.rows, row{
		work: work + ": p99 of the others", ours: fmt.Sprintf("%.1f ms", p99), theirs: fmt.Sprintf("without locks: %.1f ms", before),
		ratio: p99 / before, target: atMost(3),
	}, row{
		work: work + ": slowest of the others", ours: fmt.Sprintf("%.0f ms", milliseconds(held.percentile(1))),
		theirs: fmt.Sprintf("without locks: %.0f ms", milliseconds(free.percentile(1))),
		ratio:  milliseconds(held.percentile(1)), target: maxUnder(1000),
	})
	b.tell("%s: others p99 %.1f ms, max %.0f ms; free p99 %.1f ms, max %.0f ms", work, p99,
		milliseconds(held.percentile(1)), before, milliseconds(free.percentile(1)))
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

// wantLocked lets callers ask again and again for new values of locked customers, until finish is
// called, which returns what went wrong. A request that waited too long, 503, is none of it.
func wantLocked(ctx context.Context, address string, locked []identity.Observation, waiting int) (finish func() error) {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	failures := make([]error, waiting)
	for i := range waiting {
		running.Go(func() {
			for n := 0; ctx.Err() == nil && failures[i] == nil; n++ {
				body := fmt.Sprintf(`{"email":"%s","phoneNumber":"+1206%03d%05d"}`, locked[i%len(locked)].Email, i, n)
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
		return nil // given up, because the experiment is over
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
