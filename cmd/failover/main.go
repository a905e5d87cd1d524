// Command failover measures what a failover of the database does to Identikit, and prints the table of
// docs/availability.md. It exits with 1 if an acknowledged value was lost, a value was doubled, an answer
// was wrong, or a request was answered with a status other than 200 and 503.
//
// It starts three MySQL servers in Docker containers as one Group Replication group with a single
// primary, and the real binary twice on top of them. Callers with values of their own send requests over
// HTTP while one fault after the other is caused, each in a healthy group and a database of its own. What
// it started is removed at the end, also after an interrupt.
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
	"strings"
	"syscall"
	"time"

	"github.com/identikit/identikit/internal/testbed"
)

const (
	defaultImage = "mysql:8.4" // as in the tests
	members      = 3
	processes    = 2
	// label marks what a run has made, for removing what a killed run left.
	label = "identikit-failover"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	err := run(ctx, os.Args[1:], os.Getenv("MYSQL_IMAGE"), os.Stdout, os.Stderr)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintf(os.Stderr, "failover: %v\n", err)
		os.Exit(1)
	}
}

// options are what is tried, and for how long.
type options struct {
	image       string
	only        []string      // names of faults; none for all
	callers     int           // concurrent requests
	length      time.Duration // of the load after a fault begins
	pause       time.Duration // of a caller between two requests
	consistency string        // group_replication_consistency; "" for the server's default
	binary      string        // the service; "" builds it
	hosts       int           // in DATABASE_URL, the primary first
	logs        string        // folder for the logs of services and servers; "" for none
}

func parse(args []string, image string, stderr io.Writer) (options, error) {
	o := options{image: image}
	if o.image == "" {
		o.image = defaultImage
	}
	flags := flag.NewFlagSet("failover", flag.ContinueOnError)
	flags.SetOutput(stderr)
	only := flags.String("only", "", "comma-separated faults: "+strings.Join(names(), ", "))
	flags.IntVar(&o.callers, "callers", 32, "concurrent callers")
	flags.DurationVar(&o.length, "for", 35*time.Second, "how long callers send requests after a fault begins, at least the fault's own length")
	flags.DurationVar(&o.pause, "pause", 20*time.Millisecond, "pause of a caller between two requests")
	flags.StringVar(&o.consistency, "consistency", "", "group_replication_consistency; the server's default if it is empty")
	flags.StringVar(&o.binary, "binary", "", "a built identikit to measure; by default it is built from this source")
	flags.IntVar(&o.hosts, "hosts", 3, "hosts in DATABASE_URL, 1 to 3, the primary first")
	flags.StringVar(&o.logs, "logs", "", "folder for the logs of the services and the servers")
	if err := flags.Parse(args); err != nil {
		return options{}, err
	}
	if *only != "" {
		o.only = strings.Split(*only, ",")
	}
	for _, name := range o.only {
		if !slices.Contains(names(), name) {
			return options{}, fmt.Errorf("there is no fault %q; there are %s", name, strings.Join(names(), ", "))
		}
	}
	if flags.NArg() > 0 || o.callers < 1 || o.hosts < 1 || o.hosts > members {
		return options{}, errors.New("takes flags only, at least one caller, and 1 to 3 hosts; see -help")
	}
	return o, nil
}

func run(ctx context.Context, args []string, image string, stdout, stderr io.Writer) (err error) {
	o, err := parse(args, image, stderr)
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
		Topology: testbed.Single, Label: label, Image: o.image, Logs: o.logs, Consistency: o.consistency,
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
