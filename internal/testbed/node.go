package testbed

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/identikit/identikit/internal/mysql"
)

const (
	rootPassword = "root"

	// nodeStart is the longest that a server may take to start, also after kill -9.
	nodeStart = 2 * time.Minute
	// patience is between two looks at something that is awaited.
	patience = 100 * time.Millisecond
)

// Node is one server, in a container.
type Node struct {
	Name    string  // of the container
	Number  int     // from 1
	Address string  // in the network of the servers
	Pool    *sql.DB // of root

	cluster   *Cluster
	container string
	port      int // on loopback
}

// Host returns host and port for clients. It is the same after a restart.
func (n *Node) Host() string { return fmt.Sprintf("127.0.0.1:%d", n.port) }

// URL is that of a database on the server, with all rights.
func (n *Node) URL(database string) string {
	return fmt.Sprintf("mysql://root:%s@%s/%s", rootPassword, n.Host(), database)
}

// create makes the container, on the clients' network and the servers'.
func (n *Node) create(ctx context.Context) (err error) {
	args := []string{"create", "--label", n.cluster.Options.Label, "--name", n.Name, "-p", fmt.Sprintf("127.0.0.1:%d:3306", n.port)}
	args = append(args, n.cluster.Options.Arguments...)
	if n.container, err = Docker(ctx, append(args, n.cluster.kind.container(n)...)...); err != nil {
		return err
	}
	config, err := mysql.ParseURL(n.URL("mysql") + "?timeout=1s")
	if err != nil {
		return err
	}
	if n.Pool, err = mysql.Open(config.WithDatabase(""), 4); err != nil {
		return err
	}
	return n.Plug(ctx)
}

// Plug connects the server with the other servers again.
func (n *Node) Plug(ctx context.Context) error {
	_, err := Docker(ctx, "network", "connect", "--ip", n.Address, n.cluster.network.name, n.container)
	return err
}

// Unplug cuts the server off from the other servers, but not from its clients.
func (n *Node) Unplug(ctx context.Context) error {
	_, err := Docker(ctx, "network", "disconnect", n.cluster.network.name, n.container)
	return err
}

// Start starts the server, if it does not run, and returns when it answers.
func (n *Node) Start(ctx context.Context) error {
	if _, err := Docker(ctx, "start", n.container); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, nodeStart)
	defer cancel()
	return until(ctx, n.Name+" answers", func(ctx context.Context) error {
		_, err := n.Ask(ctx, "SELECT 1")
		return err
	})
}

// Kill ends the server as kill -9 does.
func (n *Node) Kill(ctx context.Context) error { return n.signal(ctx, "KILL") }

// Pause lets the server stand still with SIGSTOP. Its connections stay open. The freezer of docker pause fails
// while a disk is slow.
func (n *Node) Pause(ctx context.Context) error { return n.signal(ctx, "STOP") }

// Resume ends Pause.
func (n *Node) Resume(ctx context.Context) error { return n.signal(ctx, "CONT") }

func (n *Node) signal(ctx context.Context, name string) error {
	_, err := Docker(ctx, "kill", "-s", name, n.container)
	return err
}

// Exec executes a statement as root, without a database.
func (n *Node) Exec(ctx context.Context, statement string) error {
	if _, err := n.Pool.ExecContext(ctx, statement); err != nil {
		return fmt.Errorf("%s: %w", n.Name, err)
	}
	return nil
}

// Ask returns the first value of a query of root. A query without rows is an error, as is NULL.
func (n *Node) Ask(ctx context.Context, query string, args ...any) (value string, err error) {
	ctx, cancel := context.WithTimeout(ctx, nodeStart)
	defer cancel()
	err = n.Pool.QueryRowContext(ctx, query, args...).Scan(&value)
	return value, err
}

// rejoin starts the server if it does not run, and is nil once it is part of its cluster.
func (n *Node) rejoin(ctx context.Context) error {
	running, err := Docker(ctx, "inspect", "-f", "{{.State.Running}}", n.container)
	if err == nil && running == "false" {
		err = n.Start(ctx)
	}
	if err != nil {
		return err
	}
	return n.cluster.kind.rejoin(ctx, n)
}

// saveLog writes the server's log into a folder, unless that is "".
func (n *Node) saveLog(ctx context.Context, folder string) {
	if folder == "" {
		return
	}
	if text, err := exec.CommandContext(ctx, "docker", "logs", n.container).CombinedOutput(); err == nil {
		os.WriteFile(filepath.Join(folder, fmt.Sprintf("node-%d.log", n.Number)), text, 0o600) //nolint:errcheck // for looking at only
	}
}

// until repeats do until it succeeds, or finds a stray.
func until(ctx context.Context, what string, do func(context.Context) error) error {
	for {
		err := do(ctx)
		if err == nil || errors.Is(err, ErrStray) {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting until %s: %w; last: %w", what, ctx.Err(), err)
		case <-time.After(patience):
		}
	}
}
