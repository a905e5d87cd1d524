package testbed

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

const (
	groupPort = 33061

	join = "START GROUP_REPLICATION USER = 'repl', PASSWORD = 'repl'"
)

// group is Group Replication of MySQL, with one primary or several.
type group struct{ *Cluster }

// container has the settings of a careful operator who wants a short failover; docs/availability.md explains
// them.
func (g group) container(n *Node) []string {
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
		fmt.Sprintf("--loose-group-replication-member-expel-timeout=%d", g.Options.Expel),
		"--loose-group-replication-unreachable-majority-timeout=5",
		"--loose-group-replication-exit-state-action=READ_ONLY",
		"--loose-group-replication-autorejoin-tries=3",
	}
	if c := g.Options.Consistency; c != "" {
		s = append(s, "--loose-group-replication-consistency="+c)
	}
	if g.Options.Topology == Multi {
		s = append(s, "--loose-group-replication-single-primary-mode=OFF", "--loose-group-replication-enforce-update-everywhere-checks=ON")
	}
	return mysqlContainer(g.Options.Image, s...)
}

func (g group) seeds() string {
	var seeds []string
	for _, n := range g.Nodes {
		seeds = append(seeds, fmt.Sprintf("%s:%d", n.Address, groupPort))
	}
	return strings.Join(seeds, ",")
}

// boot bootstraps the group with the server that has the most. Each server makes its accounts without the
// binary log: a transaction of its own would keep it out of the group, and so would what an image has logged
// at its first start.
func (g group) boot(ctx context.Context, first bool) error {
	err := g.Each(func(n *Node) error {
		if err := n.Start(ctx); err != nil || !first {
			return err
		}
		accounts := slices.Concat([]string{"SET SQL_LOG_BIN = 0"}, groupAccounts(), []string{"SET SQL_LOG_BIN = 1"})
		if err := n.createAccounts(ctx, accounts); err != nil {
			return err
		}
		return n.forgetLog(ctx)
	})
	if err != nil {
		return err
	}
	most := g.Nodes[0]
	for _, n := range g.Nodes[1:] {
		if most, err = richer(ctx, most, n); err != nil {
			return err
		}
	}
	if err := most.Exec(ctx, "SET GLOBAL group_replication_bootstrap_group = ON"); err != nil {
		return err
	}
	return errors.Join(most.Exec(ctx, join), most.Exec(ctx, "SET GLOBAL group_replication_bootstrap_group = OFF"))
}

func (group) writes() string {
	return `SELECT SUM(MEMBER_ID = @@server_uuid AND MEMBER_STATE = 'ONLINE' AND MEMBER_ROLE = 'PRIMARY')
		FROM performance_schema.replication_group_members
		HAVING 2 * SUM(MEMBER_STATE = 'ONLINE') > COUNT(*)`
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
