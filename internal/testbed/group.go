package testbed

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

const (
	groupPort = 33061

	join = "START GROUP_REPLICATION USER = 'repl', PASSWORD = 'repl'"
)

// group is Group Replication of MySQL.
type group struct{ *Cluster }

// settings are those of a careful operator who wants a short failover; docs/availability.md explains them.
func (g group) settings(n *Node) []string {
	s := []string{
		fmt.Sprintf("--server-id=%d", n.Number), "--gtid-mode=ON", "--enforce-gtid-consistency=ON", "--log-bin=binlog",
		"--report-host=" + n.Address, "--skip-name-resolve", "--max-connections=300",
		"--innodb-buffer-pool-size=128M", "--innodb-redo-log-capacity=64M",
		"--plugin-load-add=group_replication.so",
		"--loose-group-replication-group-name=6d0e9f3a-0c1c-4e0e-9a58-5d2b7c1d9a01",
		"--loose-group-replication-start-on-boot=OFF",
		fmt.Sprintf("--loose-group-replication-local-address=%s:%d", n.Address, groupPort),
		"--loose-group-replication-group-seeds=" + g.seeds(),
		"--loose-group-replication-ip-allowlist=" + g.network.subnet.String(),
		"--loose-group-replication-recovery-get-public-key=ON",
		"--loose-group-replication-message-cache-size=134217728",
		"--loose-group-replication-member-expel-timeout=0",
		"--loose-group-replication-unreachable-majority-timeout=5",
		"--loose-group-replication-exit-state-action=READ_ONLY",
		"--loose-group-replication-autorejoin-tries=3",
	}
	if c := g.Options.Consistency; c != "" {
		s = append(s, "--loose-group-replication-consistency="+c)
	}
	return s
}

func (g group) seeds() string {
	var seeds []string
	for _, n := range g.Nodes {
		seeds = append(seeds, fmt.Sprintf("%s:%d", n.Address, groupPort))
	}
	return strings.Join(seeds, ",")
}

// begin bootstraps the group.
func (g group) begin(ctx context.Context, n *Node) error {
	if err := n.Exec(ctx, "SET GLOBAL group_replication_bootstrap_group = ON"); err != nil {
		return err
	}
	return errors.Join(n.Exec(ctx, join), n.Exec(ctx, "SET GLOBAL group_replication_bootstrap_group = OFF"))
}

func (g group) primary(ctx context.Context) (*Node, error) {
	for _, n := range g.Nodes {
		host, err := n.Ask(ctx, `SELECT COALESCE(MAX(IF(MEMBER_ROLE = 'PRIMARY', MEMBER_HOST, NULL)), '')
			FROM performance_schema.replication_group_members
			HAVING 2 * SUM(MEMBER_STATE = 'ONLINE') > COUNT(*)`)
		for _, p := range g.Nodes {
			if err == nil && p.Address == host {
				return p, nil
			}
		}
	}
	return nil, errors.New("the group has no primary")
}

// ErrStray is about a server that stored what its cluster does not have: it accepted writes outside of it.
var ErrStray = errors.New("it has transactions that its group lacks")

func (g group) rejoin(ctx context.Context, n *Node) error {
	const state = `SELECT COALESCE(MAX(CASE WHEN MEMBER_HOST = ? THEN MEMBER_STATE END), 'OFFLINE')
		FROM performance_schema.replication_group_members`
	own, err := n.Ask(ctx, state, n.Address)
	if err != nil {
		return err
	}
	if own == "OFFLINE" || own == "ERROR" {
		if _, err := g.Primary(ctx); err != nil {
			return err
		}
		if err := n.CheckStray(ctx); err != nil {
			return err
		}
		return errors.Join(n.Exec(ctx, "STOP GROUP_REPLICATION"), n.Exec(ctx, join), errors.New("it has just joined"))
	}
	for _, other := range g.Nodes {
		seen, err := other.Ask(ctx, state, n.Address)
		if err != nil {
			return err
		}
		if seen != "ONLINE" {
			return fmt.Errorf("%s sees it %s", other.Name, seen)
		}
	}
	return nil
}

// CheckStray returns ErrStray if a member of Group Replication has transactions of its own: those of the
// group have the group's name.
func (n *Node) CheckStray(ctx context.Context) error {
	own, err := n.Ask(ctx, "SELECT IF(INSTR(@@GLOBAL.gtid_executed, @@server_uuid) > 0, @@GLOBAL.gtid_executed, '')")
	if err == nil && own != "" {
		err = fmt.Errorf("%s: %w: %s", n.Name, ErrStray, own)
	}
	return err
}

// richer returns the server that has executed all that the other has.
func richer(ctx context.Context, a, b *Node) (*Node, error) {
	has, err := a.Ask(ctx, "SELECT @@GLOBAL.gtid_executed")
	if err != nil {
		return nil, err
	}
	subset, err := b.Ask(ctx, "SELECT GTID_SUBSET(?, @@GLOBAL.gtid_executed)", has)
	if err != nil {
		return nil, fmt.Errorf("compare %s with %s: %w", a.Name, b.Name, err)
	}
	if subset == "1" {
		return b, nil
	}
	return a, nil
}
