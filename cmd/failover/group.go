package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

const (
	members = 3
	// healing is the longest that a group may take until all members are online.
	healing = 3 * time.Minute

	join = "START GROUP_REPLICATION USER = 'repl', PASSWORD = 'repl'"
)

// group is three servers with a single primary.
type group struct {
	options options
	network network
	nodes   []*node
}

// startGroup starts the servers and makes them a group. The caller must remove it.
func startGroup(ctx context.Context, o options) (*group, error) {
	g := &group{options: o}
	if err := g.begin(ctx); err != nil {
		return nil, errors.Join(err, g.remove())
	}
	return g, nil
}

func (g *group) begin(ctx context.Context) (err error) {
	name := fmt.Sprintf("%s-%d", label, os.Getpid())
	if g.network, err = makeNetwork(ctx, name); err != nil {
		return err
	}
	ports, err := freePorts(ctx, members)
	if err != nil {
		return err
	}
	for i, port := range ports {
		n := i + 1
		g.nodes = append(g.nodes, &node{name: fmt.Sprintf("%s-n%d", name, n), number: n, port: port, address: g.network.address(10 + n)})
	}
	err = g.each(func(n *node) error {
		if err := g.create(ctx, n); err != nil {
			return err
		}
		return n.prepare(ctx)
	})
	if err != nil {
		return err
	}
	if err := g.bootstrap(ctx, g.nodes[0]); err != nil {
		return err
	}
	return g.heal(ctx)
}

// each does something for all servers at a time.
func (g *group) each(do func(*node) error) error {
	var running sync.WaitGroup
	errs := make([]error, len(g.nodes))
	for i, n := range g.nodes {
		running.Go(func() { errs[i] = do(n) })
	}
	running.Wait()
	return errors.Join(errs...)
}

func (g *group) seeds() string {
	var seeds []string
	for _, n := range g.nodes {
		seeds = append(seeds, fmt.Sprintf("%s:%d", n.address, groupPort))
	}
	return strings.Join(seeds, ",")
}

// bootstrap begins the group with one server.
func (g *group) bootstrap(ctx context.Context, n *node) error {
	if err := n.exec(ctx, "SET GLOBAL group_replication_bootstrap_group = ON"); err != nil {
		return err
	}
	return errors.Join(n.exec(ctx, join), n.exec(ctx, "SET GLOBAL group_replication_bootstrap_group = OFF"))
}

// primary returns the server that its group's majority calls the primary.
func (g *group) primary(ctx context.Context) (*node, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	for _, n := range g.nodes {
		id, err := n.ask(ctx, `SELECT COALESCE(MAX(IF(MEMBER_ROLE = 'PRIMARY', MEMBER_HOST, NULL)), '')
			FROM performance_schema.replication_group_members
			HAVING 2 * SUM(MEMBER_STATE = 'ONLINE') > COUNT(*)`)
		for _, p := range g.nodes {
			if err == nil && p.address == id {
				return p, nil
			}
		}
	}
	return nil, errors.New("the group has no primary")
}

// errStray is about a server that stored what its group does not have: it accepted writes outside the group.
var errStray = errors.New("it has transactions that its group lacks")

// heal returns when all servers run and are online. It does not begin a group.
func (g *group) heal(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, healing)
	defer cancel()
	return g.each(func(n *node) error {
		err := until(ctx, n.name+" is online", func(ctx context.Context) error { return n.rejoin(ctx, g) })
		if errors.Is(err, errStray) {
			cancel() // the others would wait for it
		}
		return err
	})
}

// rejoin is nil once the server is online and the others see it so.
func (n *node) rejoin(ctx context.Context, g *group) error {
	running, err := docker(ctx, "inspect", "-f", "{{.State.Running}}", n.container)
	if err == nil && running == "false" {
		err = n.start(ctx)
	}
	if err != nil {
		return err
	}
	const state = `SELECT COALESCE(MAX(CASE WHEN MEMBER_HOST = ? THEN MEMBER_STATE END), 'OFFLINE')
		FROM performance_schema.replication_group_members`
	own, err := n.ask(ctx, state, n.address)
	if err != nil {
		return err
	}
	if own == "OFFLINE" || own == "ERROR" {
		if _, err := g.primary(ctx); err != nil {
			return err
		}
		if err := n.checkStray(ctx); err != nil {
			return err
		}
		return errors.Join(n.exec(ctx, "STOP GROUP_REPLICATION"), n.exec(ctx, join), errors.New("it has just joined"))
	}
	for _, other := range g.nodes {
		seen, err := other.ask(ctx, state, n.address)
		if err != nil {
			return err
		}
		if seen != "ONLINE" {
			return fmt.Errorf("%s sees it %s", other.name, seen)
		}
	}
	return nil
}

// checkStray returns errStray if the server has transactions of its own: those of the group have the group's
// name.
func (n *node) checkStray(ctx context.Context) error {
	own, err := n.ask(ctx, "SELECT IF(INSTR(@@GLOBAL.gtid_executed, @@server_uuid) > 0, @@GLOBAL.gtid_executed, '')")
	if err == nil && own != "" {
		err = fmt.Errorf("%s: %w: %s", n.name, errStray, own)
	}
	return err
}

// remove removes containers and network, even if the context of the run has ended.
func (g *group) remove() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	err := g.each(func(n *node) error {
		if n.pool != nil {
			n.pool.Close() //nolint:errcheck // it fails if the server has gone away
		}
		if n.container == "" {
			return nil
		}
		n.saveLog(ctx, g.options.logs)
		_, err := docker(ctx, "rm", "-f", "-v", n.container)
		return err
	})
	if g.network.name != "" {
		err = errors.Join(err, removeNetwork(ctx, g.network.name))
	}
	return err
}

// saveLog writes the server's log into a folder, unless that is "".
func (n *node) saveLog(ctx context.Context, folder string) {
	if folder == "" {
		return
	}
	if text, err := exec.CommandContext(ctx, "docker", "logs", n.container).CombinedOutput(); err == nil { //nolint:gosec // its id
		os.WriteFile(filepath.Join(folder, fmt.Sprintf("node-%d.log", n.number)), text, 0o600) //nolint:errcheck // for looking at only
	}
}
