// Command chaos attacks Identikit with random requests and random faults, and checks the history of what was
// asked and answered. It exits with 1 if an answer, the tables or the feed are not explained by any order
// of the operations, and prints the operations and the seed.
//
// A round has a database of its own, three processes of the real binary, each behind a proxy of its own, and
// callers that all send the same few values. Meanwhile the database and the processes are killed and
// stopped, connections are cut, also between COMMIT and its answer, and the database's clock is set. What
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

const defaultImage = "mysql:8.4" // as in the tests

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	err := start(ctx, os.Args[1:], os.Getenv("MYSQL_IMAGE"), os.Stdout, os.Stderr)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintf(os.Stderr, "chaos: %v\n", err)
		os.Exit(1)
	}
}

// options are what is tried, and for how long.
type options struct {
	image   string
	length  time.Duration // of all rounds
	round   time.Duration // of the load of one
	rounds  int           // 0 for as many as the length has room for
	seed    uint64        // of the first round; the next ones have the next numbers
	callers int
	pause   time.Duration // of a caller between two requests
	only    []string      // names of faults; none for all
	server  string
	path    string // the service; "" builds it
	logs    string
	verbose bool
}

func parse(args []string, image string, stderr io.Writer) (options, error) {
	o := options{image: image}
	if o.image == "" {
		o.image = defaultImage
	}
	flags := flag.NewFlagSet("chaos", flag.ContinueOnError)
	flags.SetOutput(stderr)
	only := flags.String("only", "", "comma-separated faults, or none: "+strings.Join(faultNames(), ", "))
	flags.DurationVar(&o.length, "for", time.Hour, "how long to begin new rounds")
	flags.DurationVar(&o.round, "round", 30*time.Second, "how long the load of a round lasts")
	flags.IntVar(&o.rounds, "rounds", 0, "the number of rounds; by default as many as begin in time")
	flags.Uint64Var(&o.seed, "seed", 0, "of the first round, which draws its load and its faults from it; by default from the clock")
	flags.IntVar(&o.callers, "callers", 16, "concurrent callers")
	flags.DurationVar(&o.pause, "pause", 15*time.Millisecond, "mean pause of a caller between two requests")
	flags.StringVar(&o.server, "server", "container", "container, or local for the installed MySQL or MariaDB as a child process")
	flags.StringVar(&o.path, "binary", "", "a built identikit to attack; by default it is built from this source")
	flags.StringVar(&o.logs, "logs", "", "folder for the logs of the services")
	flags.BoolVar(&o.verbose, "v", false, "print each fault, and the requests by their status")
	if err := flags.Parse(args); err != nil {
		return options{}, err
	}
	if *only != "" {
		o.only = strings.Split(*only, ",")
	}
	for _, name := range o.only {
		if name != "none" && !slices.Contains(faultNames(), name) {
			return options{}, fmt.Errorf("there is no fault %q; there are %s", name, strings.Join(faultNames(), ", "))
		}
	}
	if flags.NArg() > 0 || o.callers < 1 || o.server != "container" && o.server != "local" {
		return options{}, errors.New("takes flags only, at least one caller, and the server container or local; see -help")
	}
	if o.seed == 0 {
		o.seed = uint64(time.Now().Unix()) //nolint:gosec // positive
	}
	return o, nil
}

func start(ctx context.Context, args []string, image string, stdout, stderr io.Writer) (err error) {
	o, err := parse(args, image, stderr)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "identikit-chaos")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	if o.path == "" {
		if o.path, err = testbed.Build(ctx, dir); err != nil {
			return err
		}
	}
	r := &run{options: o, binary: testbed.Binary{Path: o.path, Dir: dir}, progress: stderr}
	r.clock = &clock{}
	if len(o.only) == 0 || slices.Contains(o.only, "clock") {
		if r.clock, err = newClock(dir); err != nil {
			return err
		}
	}
	if r.server, err = startServer(ctx, o, dir, r.clock); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.server.Remove()) }()
	return r.play(ctx, stdout)
}
