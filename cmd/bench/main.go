// Command bench measures Identikit against what a MySQL driver reaches on the same server, in one
// run, and prints the tables of docs/performance.md. It exits with 0 whether or not the figures
// reach their targets.
//
// It uses the server of DATABASE_URL, whose account must be allowed to create databases. Without
// DATABASE_URL it starts a private server with its default, durable settings. It creates databases
// of its own and drops them. Identikit over HTTP is the real binary, built and started as a child
// process.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/identikit/identikit/internal/testbed"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	url := os.Getenv("DATABASE_URL")
	err := run(ctx, os.Args[1:], url, os.Stdin, os.Stdout, os.Stderr)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, databaseURL string, stdin io.Reader, stdout, stderr io.Writer) (err error) {
	if slices.Equal(args, []string{constantCommand}) {
		return runConstant(ctx, stdin, stdout)
	}
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	if o.keep && databaseURL == "" {
		return errors.New("-keep needs DATABASE_URL: a private server keeps nothing")
	}
	dir, err := os.MkdirTemp("", "identikit-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	s, err := openServer(ctx, databaseURL, dir, stderr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	binary, err := testbed.Build(ctx, dir)
	if err != nil {
		return err
	}
	where, err := describe(ctx, s)
	if err != nil {
		return err
	}
	b := &bench{options: o, server: s, binary: binary, dir: dir, progress: stderr}
	err = b.measure(ctx)
	return errors.Join(err, b.report(stdout, where)) // also if an interrupt cut the run short
}
