package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/identikit/identikit/internal/testbed"
)

const (
	// probeEvery and probeLimit are how often, and for how long, the group is asked to store something.
	probeEvery = 50 * time.Millisecond
	probeLimit = time.Second
)

// probe writes to each server again and again, independently of the service: how long the group itself
// takes to accept writes again.
type probe struct {
	group bool // of Group Replication

	mu        sync.Mutex
	successes []time.Time
}

func (p *probe) prepare(ctx context.Context, primary *testbed.Node) error {
	for _, statement := range []string{
		"CREATE DATABASE IF NOT EXISTS probe",
		"CREATE TABLE IF NOT EXISTS probe.writes (node INT PRIMARY KEY, count BIGINT NOT NULL)",
		"INSERT IGNORE INTO probe.writes VALUES (1, 0), (2, 0), (3, 0)",
	} {
		if err := primary.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// watch probes the servers until stop is called, which returns the times of the writes.
func (p *probe) watch(ctx context.Context, nodes []*testbed.Node) (stop func() []time.Time) {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	for _, n := range nodes {
		running.Go(func() {
			for ctx.Err() == nil {
				p.write(ctx, n)
				time.Sleep(probeEvery)
			}
		})
	}
	return func() []time.Time {
		cancel()
		running.Wait()
		return p.successes
	}
}

func (p *probe) write(ctx context.Context, n *testbed.Node) {
	ctx, cancel := context.WithTimeout(ctx, probeLimit)
	defer cancel()
	statement := fmt.Sprintf("UPDATE probe.writes SET count = count + 1 WHERE node = %d", n.Number)
	if p.group {
		// A server that was restarted accepts writes before it joins its group; they would keep it out.
		statement += ` AND EXISTS (SELECT 1 FROM performance_schema.replication_group_members
			WHERE MEMBER_ID = @@server_uuid AND MEMBER_STATE = 'ONLINE')`
	}
	result, err := n.Pool.ExecContext(ctx, statement)
	if err != nil {
		return
	}
	if changed, err := result.RowsAffected(); err == nil && changed == 1 {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.successes = append(p.successes, time.Now())
	}
}
