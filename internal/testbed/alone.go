package testbed

import "context"

// alone is one server.
type alone struct{ *Cluster }

func (alone) settings(*Node) []string {
	return []string{"--skip-name-resolve", "--max-connections=300", "--innodb-buffer-pool-size=128M", "--innodb-redo-log-capacity=64M"}
}

func (alone) begin(context.Context, *Node) error { return nil }

func (alone) rejoin(ctx context.Context, n *Node) error {
	_, err := n.Ask(ctx, "SELECT 1")
	return err
}

func (a alone) primary(context.Context) (*Node, error) { return a.Nodes[0], nil }
