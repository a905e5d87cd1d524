package testbed

import (
	"context"
	"fmt"
)

// prepare makes the accounts of replication and the service, each server its own without the binary log: a
// transaction of its own would keep a server out of the group. So would what an image has logged at its
// first start.
func (n *Node) prepare(ctx context.Context) error {
	conn, err := n.Pool.Conn(ctx)
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
			return fmt.Errorf("%s: %w", n.Name, err)
		}
	}
	if _, err = conn.ExecContext(ctx, "RESET BINARY LOGS AND GTIDS"); err != nil {
		_, err = conn.ExecContext(ctx, "RESET MASTER") // before MySQL 8.2
	}
	return err
}
