package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// fault is what happens to the primary, or to another part, under load.
type fault struct {
	name, title string
	begin       func(context.Context, *trial) error
	lasts       time.Duration // until end, or until the group is healed
	end         func(context.Context, *trial) error

	// unanswered allows requests without an answer: a process that stops closes idle connections, and a
	// request that is on its way meets that.
	unanswered bool
}

func faults() []fault {
	const outage = 15 * time.Second
	return []fault{
		{
			name: "kill", title: "kill -9 of the primary", lasts: outage,
			begin: func(ctx context.Context, t *trial) error { return t.primary.kill(ctx) },
		},
		{
			name: "stray", title: "kill -9 of the primary, which returns outside the group; a service process restarted",
			lasts: 25 * time.Second, unanswered: true, begin: stray,
		},
		{
			name: "pause", title: "the primary stands still for 15 s", lasts: outage,
			begin: func(ctx context.Context, t *trial) error { return t.primary.docker(ctx, "pause") },
			end:   func(ctx context.Context, t *trial) error { return t.primary.docker(ctx, "unpause") },
		},
		{name: "switch", title: "planned switch of the primary", lasts: outage, begin: switchPrimary},
		{
			name: "leave", title: "STOP GROUP_REPLICATION on the primary", lasts: outage,
			begin: func(ctx context.Context, t *trial) error { return t.primary.exec(ctx, "STOP GROUP_REPLICATION") },
		},
		{
			name: "readonly", title: "super_read_only on the primary for 3 s", lasts: 3 * time.Second,
			begin: func(ctx context.Context, t *trial) error {
				return t.primary.exec(ctx, "SET GLOBAL super_read_only = ON")
			},
			end: func(ctx context.Context, t *trial) error {
				return errors.Join(t.primary.exec(ctx, "SET GLOBAL super_read_only = OFF"), t.primary.exec(ctx, "SET GLOBAL read_only = OFF"))
			},
		},
		{
			name: "partition", title: "the primary cut off from the group for 15 s, not from its clients", lasts: outage,
			begin: func(ctx context.Context, t *trial) error { return t.group.unplug(ctx, t.primary) },
			end:   func(ctx context.Context, t *trial) error { return t.group.plug(ctx, t.primary) },
		},
		{
			name: "sigterm", title: "SIGTERM of a service process, restart after 3 s", lasts: 3 * time.Second, unanswered: true,
			begin: func(_ context.Context, t *trial) error { return t.services[0].stop() },
			end:   func(_ context.Context, t *trial) error { return t.services[0].start() },
		},
		{name: "restart", title: "kill -9 of all servers, restart, and bootstrap", begin: restartAll},
	}
}

func names() []string {
	var all []string
	for _, f := range faults() {
		all = append(all, f.name)
	}
	return all
}

func (n *node) docker(ctx context.Context, command string) error {
	_, err := docker(ctx, command, n.container)
	return err
}

// switchPrimary makes another member the primary.
func switchPrimary(ctx context.Context, t *trial) error {
	next := t.group.nodes[t.primary.number%members]
	id, err := next.ask(ctx, "SELECT @@server_uuid")
	if err != nil {
		return err
	}
	_, err = next.ask(ctx, "SELECT group_replication_set_as_primary(?)", id)
	return err
}

// stray brings a killed primary back as a server of its own that accepts writes, and restarts a process of
// the service, for which it is the first host.
func stray(ctx context.Context, t *trial) error {
	if err := t.primary.kill(ctx); err != nil {
		return err
	}
	select {
	case <-time.After(time.Until(t.begun.Add(10 * time.Second))):
	case <-ctx.Done():
		return ctx.Err()
	}
	return errors.Join(t.primary.start(ctx), t.services[0].stop(), t.services[0].start())
}

// restartAll kills all servers, starts them, and begins the group with the one that has the most.
func restartAll(ctx context.Context, t *trial) error {
	g := t.group
	if err := g.each(func(n *node) error { return n.kill(ctx) }); err != nil {
		return err
	}
	if err := g.each(func(n *node) error { return n.start(ctx) }); err != nil {
		return err
	}
	most := g.nodes[0]
	for _, n := range g.nodes[1:] {
		var err error
		if most, err = richer(ctx, most, n); err != nil {
			return err
		}
	}
	if err := g.bootstrap(ctx, most); err != nil {
		return err
	}
	return g.heal(ctx)
}

// richer returns the server that has executed all that the other has.
func richer(ctx context.Context, a, b *node) (*node, error) {
	has, err := a.ask(ctx, "SELECT @@GLOBAL.gtid_executed")
	if err != nil {
		return nil, err
	}
	subset, err := b.ask(ctx, "SELECT GTID_SUBSET(?, @@GLOBAL.gtid_executed)", has)
	if err != nil {
		return nil, fmt.Errorf("compare %s with %s: %w", a.name, b.name, err)
	}
	if subset == "1" {
		return b, nil
	}
	return a, nil
}
