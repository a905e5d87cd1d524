package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/identikit/identikit/internal/testbed"
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

	only []testbed.Topology // with which it can happen; none for all
}

func (f fault) happens(t testbed.Topology) bool {
	return len(f.only) == 0 || slices.Contains(f.only, t)
}

func faults() []fault {
	const outage = 15 * time.Second
	onePrimary := []testbed.Topology{testbed.Single}
	groups := []testbed.Topology{testbed.Single, testbed.Multi}
	return []fault{
		{name: "none", title: "no fault", begin: func(context.Context, *trial) error { return nil }},
		{
			name: "kill", title: "kill -9 of the primary", lasts: outage,
			begin: func(ctx context.Context, t *trial) error { return t.primary.Kill(ctx) },
		},
		{
			name: "stray", title: "kill -9 of the primary, which returns outside the group; a service process restarted",
			lasts: 25 * time.Second, unanswered: true, begin: stray, only: onePrimary,
		},
		{
			name: "pause", title: "the primary stands still for 15 s", lasts: outage,
			begin: func(ctx context.Context, t *trial) error { return t.primary.Pause(ctx) },
			end:   func(ctx context.Context, t *trial) error { return t.primary.Resume(ctx) },
		},
		{
			name: "lag", title: "kill -9 of the primary; the next one lacks the last 10 s, and begins to apply them 3 s later",
			begin: lag, only: onePrimary,
		},
		{name: "switch", title: "planned switch of the primary", lasts: outage, begin: switchPrimary, only: onePrimary},
		{
			name: "leave", title: "STOP GROUP_REPLICATION on the primary", lasts: outage,
			begin: func(ctx context.Context, t *trial) error { return t.primary.Exec(ctx, "STOP GROUP_REPLICATION") },
			only:  groups,
		},
		{
			name: "readonly", title: "super_read_only on the primary for 3 s", lasts: 3 * time.Second,
			begin: func(ctx context.Context, t *trial) error {
				return t.primary.Exec(ctx, "SET GLOBAL super_read_only = ON")
			},
			end: func(ctx context.Context, t *trial) error {
				return errors.Join(t.primary.Exec(ctx, "SET GLOBAL super_read_only = OFF"), t.primary.Exec(ctx, "SET GLOBAL read_only = OFF"))
			},
			only: onePrimary,
		},
		{
			name: "partition", title: "the primary cut off from the group for 15 s, not from its clients", lasts: outage,
			begin: func(ctx context.Context, t *trial) error { return t.primary.Unplug(ctx) },
			end:   func(ctx context.Context, t *trial) error { return t.primary.Plug(ctx) },
		},
		{
			name: "sigterm", title: "SIGTERM of a service process, restart after 3 s", lasts: 3 * time.Second, unanswered: true,
			begin: func(_ context.Context, t *trial) error { return t.services[0].Stop() },
			end:   func(_ context.Context, t *trial) error { return t.services[0].Start() },
		},
		{name: "restart", title: "kill -9 of all servers, restart, and bootstrap", begin: func(ctx context.Context, t *trial) error {
			return t.cluster.RestartAll(ctx)
		}},
	}
}

// titleIn is the title in a table of a topology, which may have several primaries.
func (f fault) titleIn(t testbed.Topology) string {
	if t.HasSeveralWriters() {
		return strings.ReplaceAll(f.title, "the primary", "a server that is written to")
	}
	return f.title
}

func names() []string {
	var all []string
	for _, f := range faults() {
		all = append(all, f.name)
	}
	return all
}

// switchPrimary makes another member the primary.
func switchPrimary(ctx context.Context, t *trial) error {
	next := t.cluster.Nodes[t.primary.Number%len(t.cluster.Nodes)]
	id, err := next.Ask(ctx, "SELECT @@server_uuid")
	if err != nil {
		return err
	}
	_, err = next.Ask(ctx, "SELECT group_replication_set_as_primary(?)", id)
	return err
}

// stray brings a killed primary back as a server of its own that accepts writes, and restarts a process of
// the service, for which it is the first host.
func stray(ctx context.Context, t *trial) error {
	if err := t.primary.Kill(ctx); err != nil {
		return err
	}
	if err := wait(ctx, time.Until(t.begun.Add(10*time.Second))); err != nil {
		return err
	}
	return errors.Join(t.primary.Start(ctx), t.services[0].Stop(), t.services[0].Start())
}
