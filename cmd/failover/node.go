package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/identikit/identikit/internal/mysql"
)

const (
	rootPassword = "root"
	groupPort    = 33061

	// nodeStart is the longest that a server may take to start, also after kill -9.
	nodeStart = 2 * time.Minute
	// patience is between two looks at something that is awaited.
	patience = 100 * time.Millisecond
)

// node is one server of the group.
type node struct {
	name      string // of the container
	container string
	number    int // from 1
	port      int // on loopback
	address   string
	pool      *sql.DB // of root
}

func (n *node) host() string { return fmt.Sprintf("127.0.0.1:%d", n.port) }

// settings are the options of mysqld. The group's are those of a careful operator who wants a short
// failover; docs/availability.md explains them.
func (g *group) settings(n *node) []string {
	s := []string{
		fmt.Sprintf("--server-id=%d", n.number), "--gtid-mode=ON", "--enforce-gtid-consistency=ON", "--log-bin=binlog",
		"--report-host=" + n.address, "--skip-name-resolve", "--max-connections=300",
		"--innodb-buffer-pool-size=128M", "--innodb-redo-log-capacity=64M",
		"--plugin-load-add=group_replication.so",
		"--loose-group-replication-group-name=6d0e9f3a-0c1c-4e0e-9a58-5d2b7c1d9a01",
		"--loose-group-replication-start-on-boot=OFF",
		fmt.Sprintf("--loose-group-replication-local-address=%s:%d", n.address, groupPort),
		"--loose-group-replication-group-seeds=" + g.seeds(),
		"--loose-group-replication-ip-allowlist=" + g.network.subnet.String(),
		"--loose-group-replication-recovery-get-public-key=ON",
		"--loose-group-replication-message-cache-size=134217728",
		"--loose-group-replication-member-expel-timeout=0",
		"--loose-group-replication-unreachable-majority-timeout=5",
		"--loose-group-replication-exit-state-action=READ_ONLY",
		"--loose-group-replication-autorejoin-tries=3",
	}
	if g.options.consistency != "" {
		s = append(s, "--loose-group-replication-consistency="+g.options.consistency)
	}
	return s
}

// create makes the container, on the clients' network and the group's, and starts it.
func (g *group) create(ctx context.Context, n *node) (err error) {
	args := append([]string{
		"create", "--label", label, "--name", n.name, "-e", "MYSQL_ROOT_PASSWORD=" + rootPassword, "-e", "MYSQL_INITDB_SKIP_TZINFO=1",
		"-p", fmt.Sprintf("127.0.0.1:%d:3306", n.port), g.options.image,
	}, g.settings(n)...)
	if n.container, err = docker(ctx, args...); err != nil {
		return err
	}
	if err := g.plug(ctx, n); err != nil {
		return err
	}
	config, err := mysql.ParseURL(fmt.Sprintf("mysql://root:%s@%s/mysql?timeout=1s", rootPassword, n.host()))
	if err != nil {
		return err
	}
	if n.pool, err = mysql.Open(config.WithDatabase(""), 4); err != nil {
		return err
	}
	return n.start(ctx)
}

func (g *group) plug(ctx context.Context, n *node) error {
	_, err := docker(ctx, "network", "connect", "--ip", n.address, g.network.name, n.container)
	return err
}

func (g *group) unplug(ctx context.Context, n *node) error {
	_, err := docker(ctx, "network", "disconnect", g.network.name, n.container)
	return err
}

// start starts the container and returns when the server answers.
func (n *node) start(ctx context.Context) error {
	if _, err := docker(ctx, "start", n.container); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, nodeStart)
	defer cancel()
	return until(ctx, n.name+" answers", func(ctx context.Context) error {
		_, err := n.ask(ctx, "SELECT 1")
		return err
	})
}

func (n *node) kill(ctx context.Context) error {
	_, err := docker(ctx, "kill", "-s", "KILL", n.container)
	return err
}

func (n *node) exec(ctx context.Context, statement string) error {
	if _, err := n.pool.ExecContext(ctx, statement); err != nil {
		return fmt.Errorf("%s: %w", n.name, err)
	}
	return nil
}

// ask returns the first value of a query.
func (n *node) ask(ctx context.Context, query string, args ...any) (value string, err error) {
	ctx, cancel := context.WithTimeout(ctx, nodeStart)
	defer cancel()
	err = n.pool.QueryRowContext(ctx, query, args...).Scan(&value)
	return value, err
}

// prepare makes the account of replication and the service, each server its own without the binary log: a
// transaction of its own would keep a server out of the group. So would what an image has logged at its
// first start.
func (n *node) prepare(ctx context.Context) error {
	conn, err := n.pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // it goes back to its pool
	for _, statement := range []string{
		"SET SQL_LOG_BIN = 0",
		"CREATE USER 'repl'@'%' IDENTIFIED BY 'repl'",
		"GRANT REPLICATION SLAVE, CONNECTION_ADMIN, BACKUP_ADMIN, GROUP_REPLICATION_STREAM ON *.* TO 'repl'@'%'",
		"CREATE USER 'identikit'@'%' IDENTIFIED BY 'identikit'",
		"GRANT ALL ON `identikit\\_%`.* TO 'identikit'@'%'",
		"GRANT SELECT ON performance_schema.replication_group_members TO 'identikit'@'%'",
		"SET SQL_LOG_BIN = 1",
	} {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", n.name, err)
		}
	}
	if _, err = conn.ExecContext(ctx, "RESET BINARY LOGS AND GTIDS"); err != nil {
		_, err = conn.ExecContext(ctx, "RESET MASTER") // before MySQL 8.2
	}
	return err
}

// until repeats do until it succeeds, or finds a stray.
func until(ctx context.Context, what string, do func(context.Context) error) error {
	for {
		err := do(ctx)
		if err == nil || errors.Is(err, errStray) {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting until %s: %w; last: %w", what, ctx.Err(), err)
		case <-time.After(patience):
		}
	}
}
