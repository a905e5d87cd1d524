package testbed

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os/exec"
	"strings"
)

// Docker runs the command line of Docker, and returns what it prints, without space around it.
func Docker(ctx context.Context, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, "docker", args...).Output()
	if err != nil {
		if failed, ok := errors.AsType[*exec.ExitError](err); ok {
			return "", fmt.Errorf("docker %s: %s", args[0], strings.TrimSpace(string(failed.Stderr)))
		}
		return "", fmt.Errorf("docker %s: %w", args[0], err)
	}
	return strings.TrimSpace(string(out)), nil
}

// network is a network between the servers only. Clients reach them on another, by ports of the loopback
// interface.
type network struct {
	name   string
	subnet netip.Prefix
}

// makeNetwork makes a network with fixed addresses: a server that was cut off returns with its own. Docker
// finds a free range; it accepts fixed addresses only in a range that it was told.
func makeNetwork(ctx context.Context, label, name string) (network, error) {
	if _, err := Docker(ctx, "network", "create", "--label", label, name); err != nil {
		return network{}, err
	}
	text, err := Docker(ctx, "network", "inspect", "-f", "{{(index .IPAM.Config 0).Subnet}}", name)
	if err != nil {
		return network{}, errors.Join(err, removeNetwork(ctx, name))
	}
	if err := removeNetwork(ctx, name); err != nil {
		return network{}, err
	}
	subnet, err := netip.ParsePrefix(text)
	if err != nil {
		return network{}, fmt.Errorf("the network's range: %w", err)
	}
	_, err = Docker(ctx, "network", "create", "--label", label, "--internal", "--subnet", text, name)
	return network{name: name, subnet: subnet}, err
}

func removeNetwork(ctx context.Context, name string) error {
	_, err := Docker(ctx, "network", "rm", name)
	return err
}

// address returns the nth address of the network. The first is the gateway.
func (n network) address(nth int) string {
	a := n.subnet.Addr()
	for range nth {
		a = a.Next()
	}
	return a.String()
}

// freePorts returns ports of the loopback interface on which nothing listens. The engine would choose
// another port at every start of a container.
func freePorts(ctx context.Context, count int) ([]int, error) {
	var ports []int
	for range count {
		l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close() //nolint:errcheck // held until all are found, so that they differ
		if a, ok := l.Addr().(*net.TCPAddr); ok {
			ports = append(ports, a.Port)
		}
	}
	return ports, nil
}
