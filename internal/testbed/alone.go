package testbed

import "context"

// alone is one server.
type alone struct{ *Cluster }

func (a alone) container(*Node) []string {
	return mysqlContainer(a.Options.Image, "--skip-name-resolve", "--max-connections=300",
		"--innodb-buffer-pool-size=128M", "--innodb-redo-log-capacity=64M")
}

func (a alone) boot(ctx context.Context, first bool) error {
	n := a.Nodes[0]
	if err := n.Start(ctx); err != nil || !first {
		return err
	}
	return n.createAccounts(ctx, serviceAccount())
}

func (alone) rejoin(ctx context.Context, n *Node) error {
	_, err := n.Ask(ctx, "SELECT 1")
	return err
}

func (alone) writes() string { return "SELECT 1" }
