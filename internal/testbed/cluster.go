// Package testbed starts what the commands that attack Identikit work on: database servers in Docker
// containers, alone or as a cluster, and processes of the real binary.
package testbed

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"sync"
	"time"
)

// healing is the longest that a cluster may take until all servers are online.
const healing = 3 * time.Minute

// Options are what a cluster is made of.
type Options struct {
	Topology    Topology
	Label       string // of containers and networks, and the beginning of their names
	Image       string
	Logs        string   // folder for the logs of the servers; "" for none
	Consistency string   // group_replication_consistency or wsrep_sync_wait; "" for the server's default
	Expel       int      // group_replication_member_expel_timeout
	Arguments   []string // more of docker create
}

// Cluster is servers that hold the same data. Its methods may be called concurrently.
type Cluster struct {
	Options Options
	Nodes   []*Node
	network network
	kind    kind
}

// Start starts servers and makes them a cluster. Each has the accounts root, with the password root, and
// identikit, with the password identikit and all rights on databases named identikit_…. The caller must
// Remove the cluster.
func Start(ctx context.Context, o Options) (*Cluster, error) {
	c := &Cluster{Options: o}
	if err := c.start(ctx); err != nil {
		return nil, errors.Join(err, c.Remove())
	}
	return c, nil
}

func (c *Cluster) start(ctx context.Context) (err error) {
	if c.kind, err = kindOf(c); err != nil {
		return err
	}
	name := fmt.Sprintf("%s-%d", c.Options.Label, os.Getpid())
	if c.network, err = makeNetwork(ctx, c.Options.Label, name); err != nil {
		return err
	}
	ports, err := freePorts(ctx, c.Options.Topology.servers())
	if err != nil {
		return err
	}
	for i, port := range ports {
		c.Nodes = append(c.Nodes, &Node{
			cluster: c, Name: fmt.Sprintf("%s-n%d", name, i+1), Number: i + 1, port: port, Address: c.network.address(11 + i),
		})
	}
	if err := c.Each(func(n *Node) error { return n.create(ctx) }); err != nil {
		return err
	}
	if err := c.kind.boot(ctx, true); err != nil {
		return err
	}
	return c.Heal(ctx)
}

// Each does something for all servers at a time, and returns when all is done.
func (c *Cluster) Each(do func(*Node) error) error {
	var running sync.WaitGroup
	errs := make([]error, len(c.Nodes))
	for i, n := range c.Nodes {
		running.Go(func() { errs[i] = do(n) })
	}
	running.Wait()
	return errors.Join(errs...)
}

// Primary returns the server that accepts writes, as the majority sees it, or one of several that do. It is
// an error if there is none now.
func (c *Cluster) Primary(ctx context.Context) (*Node, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	for _, n := range c.Nodes {
		if yes, err := n.Ask(ctx, c.kind.writes()); err == nil && yes == "1" {
			return n, nil
		}
	}
	return nil, errors.New("no server accepts writes")
}

// Heal starts the servers that do not run, and returns when all are part of the cluster. It does not begin
// a cluster whose servers were all down: see RestartAll. It is ErrStray if a server cannot return.
func (c *Cluster) Heal(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, healing)
	defer cancel()
	return c.Each(func(n *Node) error {
		err := until(ctx, n.Name+" is online", n.rejoin)
		if errors.Is(err, ErrStray) {
			cancel() // the others would wait for it
		}
		return err
	})
}

// KillAll ends all servers as kill -9 does.
func (c *Cluster) KillAll(ctx context.Context) error {
	return c.Each(func(n *Node) error { return n.Kill(ctx) })
}

// RestartAll kills all servers, starts them, and makes them a cluster again, beginning with the one that
// has the most.
func (c *Cluster) RestartAll(ctx context.Context) error {
	if err := c.KillAll(ctx); err != nil {
		return err
	}
	if err := c.kind.boot(ctx, false); err != nil {
		return err
	}
	return c.Heal(ctx)
}

// Settle returns when each server has what was committed on all of them before. Those in without are left
// out.
func (c *Cluster) Settle(ctx context.Context, without ...*Node) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	primary, err := c.Primary(ctx)
	if err != nil {
		return err
	}
	mark := strconv.FormatInt(time.Now().UnixNano(), 10)
	for _, statement := range []string{
		"CREATE DATABASE IF NOT EXISTS testbed",
		"CREATE TABLE IF NOT EXISTS testbed.marks (id INT PRIMARY KEY, mark BIGINT NOT NULL)",
		"REPLACE INTO testbed.marks VALUES (1, " + mark + ")",
	} {
		if err := primary.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return c.Each(func(n *Node) error {
		if slices.Contains(without, n) {
			return nil
		}
		return until(ctx, n.Name+" has what was committed", func(ctx context.Context) error {
			found, err := n.Ask(ctx, "SELECT mark FROM testbed.marks")
			if err == nil && found != mark {
				err = errors.New("it lacks the last transaction")
			}
			return err
		})
	})
}

// Remove removes containers and network, even if the context of the run has ended.
func (c *Cluster) Remove() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	err := c.Each(func(n *Node) error {
		if n.Pool != nil {
			n.Pool.Close() //nolint:errcheck // it fails if the server has gone away
		}
		if n.container == "" {
			return nil
		}
		n.saveLog(ctx, c.Options.Logs)
		_, err := Docker(ctx, "rm", "-f", "-v", n.container)
		return err
	})
	if c.network.name != "" {
		err = errors.Join(err, removeNetwork(ctx, c.network.name))
	}
	return err
}
