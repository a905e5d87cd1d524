package testbed

import (
	"context"
	"fmt"
)

func serviceAccount() []string {
	return []string{
		"CREATE USER 'identikit'@'%' IDENTIFIED BY 'identikit'",
		"GRANT ALL ON `identikit\\_%`.* TO 'identikit'@'%'",
	}
}

func groupAccounts() []string {
	return append(serviceAccount(),
		"GRANT SELECT ON performance_schema.replication_group_members TO 'identikit'@'%'",
		"CREATE USER 'repl'@'%' IDENTIFIED BY 'repl'",
		"GRANT REPLICATION SLAVE, CONNECTION_ADMIN, BACKUP_ADMIN, GROUP_REPLICATION_STREAM ON *.* TO 'repl'@'%'",
	)
}

// createAccounts executes statements in one session.
func (n *Node) createAccounts(ctx context.Context, statements []string) error {
	conn, err := n.Pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // it goes back to its pool
	for _, statement := range statements {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", n.Name, err)
		}
	}
	return nil
}

// forgetLog makes the server's history of transactions empty.
func (n *Node) forgetLog(ctx context.Context) error {
	err := n.Exec(ctx, "RESET BINARY LOGS AND GTIDS")
	if err != nil {
		err = n.Exec(ctx, "RESET MASTER") // before MySQL 8.2
	}
	return err
}
