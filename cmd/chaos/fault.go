package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"syscall"
	"time"

	"github.com/identikit/identikit/internal/testbed"
)

// fault is something that goes wrong. It ends what it begins.
type fault struct {
	name   string
	clock  bool // needs a clock that can be set
	server bool // of the database server; at most one of these at a time. Others are of a process
	often  int  // how often it is drawn, compared with others; 0 is 1
	do     func(ctx context.Context, r *round, p *process, random *rand.Rand) error
}

func faults() []fault {
	return []fault{
		{name: "kill-database", server: true, do: killDatabase},
		{name: "stop-database", server: true, do: stopDatabase},
		{name: "clock", server: true, clock: true, do: setClock},
		{name: "kill-service", do: killService},
		{name: "restart-service", do: restartService},
		{name: "stop-service", do: stopService},
		{name: "cut", do: func(_ context.Context, _ *round, p *process, _ *rand.Rand) error {
			p.proxy.Cut()
			return nil
		}},
		{name: "cut-at-commit", often: 3, do: cutAtCommit},
		{name: "black-hole", do: blackHole},
		{name: "refuse", do: refuse},
		{name: "delay", do: delay},
	}
}

func faultNames() []string {
	var names []string
	for _, f := range faults() {
		names = append(names, f.name)
	}
	return names
}

// between returns a random duration, and short ones more often.
func between(random *rand.Rand, shortest, longest time.Duration) time.Duration {
	part := random.Float64()
	return shortest + time.Duration(part*part*float64(longest-shortest))
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

func killDatabase(ctx context.Context, r *round, _ *process, random *rand.Rand) error {
	if err := r.server.Kill(ctx); err != nil {
		return err
	}
	sleep(ctx, between(random, 0, 2*time.Second))
	return r.server.Start(ctx)
}

func stopDatabase(ctx context.Context, r *round, _ *process, random *rand.Rand) error {
	if err := r.server.Pause(ctx); err != nil {
		return err
	}
	sleep(ctx, between(random, 100*time.Millisecond, 2*r.timeout))
	return r.server.Resume(ctx)
}

// setClock sets the clock of the server back or forward by some seconds, and sometimes forward by hours.
func setClock(_ context.Context, r *round, _ *process, random *rand.Rand) error {
	by := time.Duration(random.Int64N(int64(10*time.Second))) - 5*time.Second
	if random.IntN(6) == 0 {
		by = between(random, time.Minute, 24*time.Hour)
	}
	return r.clock.step(by)
}

func killService(ctx context.Context, r *round, p *process, random *rand.Rand) error {
	p.goesDown(r.client.now())
	defer func() { p.isUp(r.client.now()) }()
	if err := p.service.Kill(); err != nil {
		return err
	}
	sleep(ctx, between(random, 0, 2*time.Second))
	return r.start(ctx, p)
}

func restartService(ctx context.Context, r *round, p *process, _ *rand.Rand) error {
	p.goesDown(r.client.now())
	defer func() { p.isUp(r.client.now()) }()
	// It may end with an error if its database is down.
	return errors.Join(ignoreExit(p.service.Stop()), r.start(ctx, p))
}

// start starts a process, which needs its database: another fault may have taken that away for a while.
func (r *round) start(ctx context.Context, p *process) error {
	var err error
	for range 60 {
		if err = p.service.Start(); err == nil || ctx.Err() != nil {
			return err
		}
		sleep(ctx, time.Second)
	}
	return fmt.Errorf("process %d: %w", p.number, err)
}

func stopService(ctx context.Context, r *round, p *process, random *rand.Rand) error {
	p.goesDown(r.client.now())
	defer func() { p.isUp(r.client.now()) }()
	if err := p.service.Signal(syscall.SIGSTOP); err != nil {
		return err
	}
	sleep(ctx, between(random, 100*time.Millisecond, r.timeout))
	return p.service.Signal(syscall.SIGCONT)
}

func cutAtCommit(ctx context.Context, _ *round, p *process, random *rand.Rand) error {
	var commits []testbed.CommitFault
	for range 1 + random.IntN(6) {
		commits = append(commits, testbed.CommitFault(random.IntN(3)))
	}
	p.proxy.Commits(commits...)
	sleep(ctx, 2*time.Second)
	p.proxy.Commits()
	return nil
}

// blackHole keeps everything that the process and the database say, and then cuts the connections or passes
// it on.
func blackHole(ctx context.Context, r *round, p *process, random *rand.Rand) error {
	p.proxy.Hold(true)
	sleep(ctx, between(random, 100*time.Millisecond, r.timeout+time.Second))
	if random.IntN(2) == 0 {
		p.proxy.Cut()
	}
	p.proxy.Hold(false)
	return nil
}

func refuse(ctx context.Context, _ *round, p *process, random *rand.Rand) error {
	p.proxy.Refuse(true)
	p.proxy.Cut()
	sleep(ctx, between(random, 100*time.Millisecond, 4*time.Second))
	p.proxy.Refuse(false)
	return nil
}

func delay(ctx context.Context, _ *round, p *process, random *rand.Rand) error {
	p.proxy.Delay(between(random, time.Millisecond, 80*time.Millisecond))
	sleep(ctx, between(random, time.Second, 4*time.Second))
	p.proxy.Delay(0)
	return nil
}
