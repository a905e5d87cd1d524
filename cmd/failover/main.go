// Command failover measures what a failover of the database does to Identikit, and prints the table of
// docs/availability.md. It exits with 1 if an acknowledged value was lost, a value was doubled, an answer
// was wrong, or a request was answered with a status other than 200 and 503.
//
// It starts three database servers in Docker containers as one cluster, and the real binary twice on top of
// them. Callers with values of their own, and pairs of callers who share theirs, send requests over HTTP
// while one fault after the other is caused, each in a healthy cluster and a database of its own. What it
// started is removed at the end, also after an interrupt.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/identikit/identikit/internal/testbed"
)

// label marks what a run has made, for removing what a killed run left.
const label = "identikit-failover"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintf(os.Stderr, "failover: %v\n", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) (err error) {
	o, err := parse(args, getenv, stderr)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "identikit-failover")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	if o.binary == "" {
		if o.binary, err = testbed.Build(ctx, dir); err != nil {
			return err
		}
	}
	c, err := testbed.Start(ctx, testbed.Options{
		Topology: o.topology, Label: label, Image: o.image, Logs: o.logs, Consistency: o.consistency, Expel: o.expel,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Remove()) }()
	where, err := describe(ctx, c)
	if err != nil {
		return err
	}
	e := &experiment{options: o, cluster: c, binary: testbed.Binary{Path: o.binary, Dir: dir}, progress: stderr}
	err = e.measure(ctx)
	return errors.Join(err, report(stdout, where, o, e.results)) // also if an interrupt cut the run short
}
