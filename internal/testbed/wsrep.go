package testbed

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// wsrep is Galera of MariaDB.
type wsrep struct{ *Cluster }

// startNode starts a server at the position that it has reached: it cannot read that itself after a kill
// -9. The first server makes the cluster if it has never been part of it. Images of MariaDB differ in what
// they do at the first start, but not in the name of the script.
const startNode = `
data=/var/lib/mysql
if [ -e $data/grastate.dat ]; then
	position=$(mariadbd --no-defaults --user="$(stat -c %U $data)" --datadir=$data "$@" --wsrep-recover 2>&1 |
		sed -n 's/.*Recovered position: *//p' | tail -1)
	[ -z "$position" ] || set -- "$@" --wsrep-start-position="$position"
elif [ -n "$MAKES_CLUSTER" ]; then
	set -- "$@" --wsrep-new-cluster
fi
exec docker-entrypoint.sh mariadbd "$@"`

func (w wsrep) container(n *Node) []string {
	args := []string{"-e", "MARIADB_ROOT_PASSWORD=" + rootPassword, "-e", "MARIADB_INITDB_SKIP_TZINFO=1", "--entrypoint", "bash"}
	if n.Number == 1 {
		args = append(args, "-e", "MAKES_CLUSTER=yes")
	}
	var addresses []string
	for _, other := range w.Nodes {
		addresses = append(addresses, other.Address)
	}
	args = append(args, w.Options.Image, "-c", startNode, "mariadbd",
		"--wsrep-on=ON", "--wsrep-provider=/usr/lib/galera/libgalera_smm.so", "--wsrep-cluster-name=identikit",
		"--wsrep-cluster-address=gcomm://"+strings.Join(addresses, ","), "--wsrep-node-address="+n.Address, "--wsrep-node-name="+n.Name,
		"--wsrep-sst-method=rsync", "--wsrep-slave-threads=2", "--wsrep-provider-options=gcache.size=128M",
		"--binlog-format=ROW", "--innodb-autoinc-lock-mode=2",
		"--bind-address=0.0.0.0", "--skip-name-resolve", "--max-connections=300", "--innodb-buffer-pool-size=128M",
	)
	if c := w.Options.Consistency; c != "" {
		args = append(args, "--wsrep-sync-wait="+c)
	}
	return args
}

// boot starts the first server before the others, which would give up without it. After a kill of all, they
// find each other by what each has stored of the last cluster.
func (w wsrep) boot(ctx context.Context, first bool) error {
	if !first {
		return w.Each(func(n *Node) error { return n.Start(ctx) })
	}
	if err := w.Nodes[0].Start(ctx); err != nil {
		return err
	}
	for _, n := range w.Nodes[1:] { // one by one: each gets a copy of all data
		if err := n.Start(ctx); err != nil {
			return err
		}
	}
	return w.Nodes[0].createAccounts(ctx, serviceAccount())
}

func (w wsrep) rejoin(ctx context.Context, n *Node) error {
	state, err := n.Ask(ctx, `SELECT GROUP_CONCAT(VARIABLE_VALUE ORDER BY VARIABLE_NAME) FROM information_schema.GLOBAL_STATUS
		WHERE VARIABLE_NAME IN ('WSREP_CLUSTER_SIZE', 'WSREP_LOCAL_STATE_COMMENT', 'WSREP_READY')`)
	if want := fmt.Sprintf("%d,Synced,ON", len(w.Nodes)); err == nil && state != want {
		err = errors.New("it is " + state)
	}
	return err
}

func (wsrep) writes() string {
	return `SELECT COUNT(*) = 2 FROM information_schema.GLOBAL_STATUS
		WHERE VARIABLE_NAME = 'WSREP_READY' AND VARIABLE_VALUE = 'ON' OR VARIABLE_NAME = 'WSREP_CLUSTER_STATUS' AND VARIABLE_VALUE = 'Primary'`
}
