package testbed

import (
	"context"
	"fmt"
)

// Topology is how the servers of a cluster work together.
type Topology string

// The topologies. All but the first have three servers.
const (
	Alone  Topology = "alone"  // one MySQL server
	Single Topology = "single" // MySQL with Group Replication, of which one server accepts writes
	Multi  Topology = "multi"  // MySQL with Group Replication, of which all servers accept writes
	Galera Topology = "galera" // MariaDB with Galera, of which all servers accept writes
)

func (t Topology) servers() int {
	if t == Alone {
		return 1
	}
	return 3
}

// HasSeveralWriters reports whether more than one server accepts writes.
func (t Topology) HasSeveralWriters() bool { return t == Multi || t == Galera }

// kind is what a topology does in its own way.
type kind interface {
	// container are the arguments with which Docker creates the container of a server.
	container(n *Node) []string
	// boot starts all servers, of which none runs, and makes them a cluster. The first time, it makes the
	// accounts.
	boot(ctx context.Context, first bool) error
	// rejoin is nil once a server that runs is part of the cluster, and the others see it so.
	rejoin(ctx context.Context, n *Node) error
	// writes is a query that returns 1 if the server accepts writes, as the majority sees it.
	writes() string
}

func kindOf(c *Cluster) (kind, error) {
	switch c.Options.Topology {
	case Alone:
		return alone{c}, nil
	case Single, Multi:
		return group{c}, nil
	case Galera:
		return wsrep{c}, nil
	}
	return nil, fmt.Errorf("there is no topology %q", c.Options.Topology)
}

// mysqlContainer starts the image of MySQL with options of the server.
func mysqlContainer(image string, settings ...string) []string {
	return append([]string{"-e", "MYSQL_ROOT_PASSWORD=" + rootPassword, "-e", "MYSQL_INITDB_SKIP_TZINFO=1", image}, settings...)
}
