package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker"
)

// allKnown compares repeated checkouts, e-mail and phone number, with looking one row up.
func (b *bench) allKnown(ctx context.Context) error {
	return b.throughput(ctx, contest{
		work: "all known", purpose: "known", baseline: "one prepared SELECT by e-mail", target: atLeast(1.3),
		next:  func(p *people, random *rand.Rand) identity.Observation { return p.known(random) },
		other: selecting,
	})
}

// allNew compares first checkouts with inserting one row.
func (b *bench) allNew(ctx context.Context) error {
	return b.throughput(ctx, contest{
		work: "all new", purpose: "new", baseline: "one autocommit INSERT", target: atLeast(1.5),
		next:  func(p *people, _ *rand.Rand) identity.Observation { return p.newcomer() },
		other: inserting,
	})
}

// mixed compares the service with its own linker, one transaction a request.
func (b *bench) mixed(ctx context.Context) error {
	return b.throughput(ctx, contest{
		work: "70 known / 20 new / 8 link / 2 merge", purpose: "mixed", baseline: "one correct transaction", target: atLeast(5),
		next:  (*people).mixed,
		other: linking,
	})
}

// contest is work that the service and something else do, on the same kind of requests.
type contest struct {
	work, purpose, baseline string
	target                  target
	next                    func(*people, *rand.Rand) identity.Observation
	other                   func(context.Context, *shop, func(*rand.Rand) identity.Observation) (call, error)
}

func (b *bench) throughput(ctx context.Context, c contest) (err error) {
	s, err := b.open(ctx, c.purpose, b.known)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	connected, disconnect, err := clients(ctx, s.service.address, callers)
	if err != nil {
		return err
	}
	defer disconnect()
	next := func(random *rand.Rand) identity.Observation { return c.next(s.people, random) }
	other, err := c.other(ctx, s, next)
	if err != nil {
		return err
	}
	ours, theirs, err := b.compare(ctx, c.work,
		side{name: "Identikit over HTTP", pid: s.service.pid(), call: overHTTP(connected, next)},
		side{name: c.baseline, call: other})
	if err != nil {
		return err
	}
	a, o := median(ours, perSecond), median(theirs, perSecond)
	b.rows = append(b.rows, row{
		work: c.work, ours: fmt.Sprintf("%.0f/s", a), theirs: fmt.Sprintf("%s: %.0f/s", c.baseline, o),
		ratio: a / o, target: c.target,
	})
	return nil
}

// selecting reads the row of an e-mail, with the columns that the linker reads, in one round trip.
func selecting(ctx context.Context, s *shop, next func(*rand.Rand) identity.Observation) (call, error) {
	//nolint:sqlclosecheck // it ends with the pool
	byEmail, err := s.pool.PrepareContext(ctx, "SELECT id, email, phone_number, linked_id, created_at FROM contacts WHERE email = ?")
	return func(ctx context.Context, _ int, random *rand.Rand) error {
		var id uint64
		var email, phone *string
		var linkedID *uint64
		var createdAt time.Time
		return byEmail.QueryRowContext(ctx, next(random).Email).Scan(&id, &email, &phone, &linkedID, &createdAt)
	}, err
}

// inserting adds a contact in one round trip and one commit.
func inserting(ctx context.Context, s *shop, next func(*rand.Rand) identity.Observation) (call, error) {
	//nolint:sqlclosecheck // it ends with the pool
	insert, err := s.pool.PrepareContext(ctx, "INSERT INTO contacts (email, phone_number, link_precedence) VALUES (?, ?, 'primary')")
	return func(ctx context.Context, _ int, random *rand.Rand) error {
		o := next(random)
		_, err := insert.ExecContext(ctx, o.Email, o.Phone)
		return err
	}, err
}

// linking links in one transaction a request, with a connection for each caller.
func linking(_ context.Context, s *shop, next func(*rand.Rand) identity.Observation) (call, error) {
	return linkOne(linker.New(s.pool, linker.Policy{}), next), nil
}

// links is what Linker and Lanes have in common.
type links interface {
	Link(ctx context.Context, observations []identity.Observation) ([]identity.Cluster, error)
}

func linkOne(l links, next func(*rand.Rand) identity.Observation) call {
	return func(ctx context.Context, _ int, random *rand.Rand) error {
		_, err := l.Link(ctx, []identity.Observation{next(random)})
		return err
	}
}
