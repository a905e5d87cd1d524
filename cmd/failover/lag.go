package main

import (
	"context"
	sqldriver "database/sql/driver"
	"errors"
	"time"

	"github.com/identikit/identikit/internal/testbed"
)

const (
	// lagTime is how long a secondary applies nothing before it has to take over.
	lagTime = 10 * time.Second
	// lagAfter is how long it still applies nothing after that.
	lagAfter = 3 * time.Second
)

// lag lets a secondary fall behind, and kills the primary so that this one takes over. Some time later it
// may apply what it lacks.
func lag(ctx context.Context, t *trial) (err error) {
	next := t.cluster.Nodes[t.primary.Number%members]
	if err := next.Exec(ctx, "SET GLOBAL group_replication_member_weight = 100"); err != nil { // it is elected
		return err
	}
	defer func() {
		err = errors.Join(err, next.Exec(context.WithoutCancel(ctx), "SET GLOBAL group_replication_member_weight = 50"))
	}()
	conn, err := next.Pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // it is closed already, or goes back to its pool
	if _, err := conn.ExecContext(ctx, "FLUSH TABLES WITH READ LOCK"); err != nil {
		return err
	}
	// UNLOCK TABLES would itself wait until a new primary has applied what it lacks.
	defer conn.Raw(func(any) error { return sqldriver.ErrBadConn }) //nolint:errcheck // it closes the connection
	if err := wait(ctx, lagTime); err != nil {
		return err
	}
	behind, err := next.Ask(ctx, `SELECT COUNT_TRANSACTIONS_REMOTE_IN_APPLIER_QUEUE
		FROM performance_schema.replication_group_member_stats WHERE MEMBER_ID = @@server_uuid`)
	if err != nil || behind == "0" {
		return errors.Join(errors.New("the secondary does not lag"), err)
	}
	t.logf("the secondary lacks %s transactions", behind)
	if err := t.primary.Kill(ctx); err != nil {
		return err
	}
	return errors.Join(t.awaitPrimary(ctx, next), wait(ctx, lagAfter))
}

// awaitPrimary returns when a server has become the primary.
func (t *trial) awaitPrimary(ctx context.Context, n *testbed.Node) error {
	for {
		if p, err := t.cluster.Primary(ctx); err == nil && p == n {
			return nil
		}
		if err := wait(ctx, 100*time.Millisecond); err != nil {
			return err
		}
	}
}

// wait waits, or returns the error of ctx if that ends before.
func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
