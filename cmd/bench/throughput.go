package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/ledger"
	"github.com/identikit/identikit/internal/linker"
)

// allKnown compares repeated checkouts, with e-mail and phone number, with reading one row and with
// a server that answers the same without a database. It does so for valid phone numbers and for
// invalid ones, which take another path through normalization.
func (b *bench) allKnown(ctx context.Context) error {
	var errs []error
	for _, c := range []contest{
		{work: "all known, valid numbers", purpose: "known", phones: validPhone},
		{work: "all known, +1555… numbers", purpose: "known_1555", phones: invalidPhone},
	} {
		c.next = (*people).known
		c.baselines = []baseline{
			{"one prepared SELECT by e-mail", atLeast(1.3), selecting},
			{"net/http answering a constant", atLeast(0.7), answering},
		}
		errs = append(errs, b.throughput(ctx, c))
	}
	return errors.Join(errs...)
}

// allNew compares first checkouts with inserting one row.
func (b *bench) allNew(ctx context.Context) error {
	return b.throughput(ctx, contest{
		work: "all new", purpose: "new", phones: validPhone,
		next:      func(p *people, _ *rand.Rand) identity.Observation { return p.newcomer() },
		baselines: []baseline{{"one autocommit INSERT", atLeast(1.3), inserting}},
	})
}

// mixed compares the service with its own linker, one transaction a request.
func (b *bench) mixed(ctx context.Context) error {
	return b.throughput(ctx, contest{
		work: "70 known / 20 new / 8 link / 2 merge", purpose: "mixed", phones: validPhone,
		next:      (*people).mixed,
		baselines: []baseline{{"one correct transaction", atLeast(5.5), linking}},
	})
}

// contest is work by which the service is compared with baselines.
type contest struct {
	work, purpose string
	phones        func(number uint64) string
	next          func(*people, *rand.Rand) identity.Observation
	baselines     []baseline
}

// source returns the next observation of a caller.
type source = func(*rand.Rand) identity.Observation

// baseline does part of the same work in another way. What start starts is stopped when the shop is
// closed.
type baseline struct {
	name   string
	target target
	start  func(context.Context, *bench, *shop, source) (side, error)
}

// throughput runs the service and its baselines in turn, and adds a row for each baseline.
func (b *bench) throughput(ctx context.Context, c contest) (err error) {
	s, err := b.openFor(ctx, c.purpose, &people{stored: uint64(b.known), phones: c.phones}) //nolint:gosec // it is not negative
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	connected, err := s.connect(ctx, s.service.address)
	if err != nil {
		return err
	}
	next := func(random *rand.Rand) identity.Observation { return c.next(s.people, random) }
	sides := []side{{name: "Identikit over HTTP", pid: s.service.pid(), call: overHTTP(connected, next)}}
	for _, baseline := range c.baselines {
		other, err := baseline.start(ctx, b, s, next)
		if err != nil {
			return err
		}
		other.name = baseline.name
		sides = append(sides, other)
	}
	rounds, err := b.compare(ctx, c.work, sides...)
	if err != nil {
		return err
	}
	for i, baseline := range c.baselines {
		theirs := rounds[i+1]
		b.rows = append(b.rows, row{
			work: c.work, ours: fmt.Sprintf("%.0f/s", median(rounds[0], perSecond)),
			theirs: fmt.Sprintf("%s: %.0f/s", baseline.name, median(theirs, perSecond)),
			ratio:  ratios(rounds[0], theirs, perSecond), target: baseline.target,
		})
	}
	return nil
}

// selecting reads the row of an e-mail address, with the columns that the linker reads, in one round
// trip.
func selecting(ctx context.Context, _ *bench, s *shop, next source) (side, error) {
	//nolint:sqlclosecheck // it ends with the pool
	byEmail, err := s.pool.PrepareContext(ctx, "SELECT id, email, phone_number, linked_id, created_at FROM contacts WHERE email = ?")
	return side{call: func(ctx context.Context, _ int, random *rand.Rand) error {
		var id uint64
		var email, phone *string
		var linkedID *uint64
		var createdAt time.Time
		return byEmail.QueryRowContext(ctx, next(random).Email).Scan(&id, &email, &phone, &linkedID, &createdAt)
	}}, err
}

// inserting adds a contact in one round trip and one commit.
func inserting(ctx context.Context, _ *bench, s *shop, next source) (side, error) {
	//nolint:sqlclosecheck // it ends with the pool
	insert, err := s.pool.PrepareContext(ctx, "INSERT INTO contacts (email, phone_number, link_precedence) VALUES (?, ?, 'primary')")
	return side{call: func(ctx context.Context, _ int, random *rand.Rand) error {
		o := next(random)
		_, err := insert.ExecContext(ctx, o.Email, o.Phone)
		return err
	}}, err
}

// linking links in one transaction a request, with a connection for each caller.
func linking(_ context.Context, _ *bench, s *shop, next source) (side, error) {
	return side{call: linkOne(linker.New(ledger.New(s.pool), cluster.Policy{}, nil), next)}, nil
}

// links is what Linker and Lanes have in common.
type links interface {
	Link(ctx context.Context, observations []identity.Observation) ([]identity.Cluster, error)
}

func linkOne(l links, next source) call {
	return func(ctx context.Context, _ int, random *rand.Rand) error {
		_, err := l.Link(ctx, []identity.Observation{next(random)})
		return err
	}
}
