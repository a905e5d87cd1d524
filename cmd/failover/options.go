package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/identikit/identikit/internal/testbed"
)

const (
	members   = 3
	processes = 2
)

// options are what is tried, and for how long.
type options struct {
	image       string
	topology    testbed.Topology
	expel       int           // group_replication_member_expel_timeout
	rivals      int           // pairs of callers about the same values
	only        []string      // names of faults; none for all
	callers     int           // concurrent requests
	length      time.Duration // of the load after a fault begins
	pause       time.Duration // of a caller between two requests
	consistency string        // group_replication_consistency or wsrep_sync_wait; "" for the server's default
	binary      string        // the service; "" builds it
	hosts       int           // in DATABASE_URL, the primary first
	logs        string        // folder for the logs of services and servers; "" for none
}

func parse(args []string, getenv func(string) string, stderr io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("failover", flag.ContinueOnError)
	flags.SetOutput(stderr)
	topology := flags.String("topology", string(testbed.Single), "single, multi or galera")
	only := flags.String("only", "", "comma-separated faults: "+strings.Join(names(), ", "))
	flags.IntVar(&o.callers, "callers", 32, "concurrent callers")
	flags.IntVar(&o.rivals, "rivals", 8, "pairs of callers who send requests about the same values")
	flags.DurationVar(&o.length, "for", 35*time.Second, "how long callers send requests after a fault begins, at least the fault's own length")
	flags.DurationVar(&o.pause, "pause", 20*time.Millisecond, "pause of a caller between two requests")
	flags.StringVar(&o.consistency, "consistency", "",
		"group_replication_consistency, or wsrep_sync_wait; by default the server's, or BEFORE and 1 with several writers")
	flags.IntVar(&o.expel, "expel", 0, "group_replication_member_expel_timeout in seconds")
	flags.StringVar(&o.binary, "binary", "", "a built identikit to measure; by default it is built from this source")
	flags.IntVar(&o.hosts, "hosts", 3, "hosts in DATABASE_URL, 1 to 3, the primary first")
	flags.StringVar(&o.logs, "logs", "", "folder for the logs of the services and the servers")
	if err := flags.Parse(args); err != nil {
		return options{}, err
	}
	if *only != "" {
		o.only = strings.Split(*only, ",")
	}
	o.topology = testbed.Topology(*topology)
	if flags.NArg() > 0 || o.callers < 1 || o.rivals < 0 || o.expel < 0 || o.hosts < 1 || o.hosts > members {
		return options{}, errors.New("takes flags only, at least one caller, and 1 to 3 hosts; see -help")
	}
	return o, o.complete(getenv)
}

// complete checks the options and sets those that depend on the topology.
func (o *options) complete(getenv func(string) string) error {
	for _, name := range o.only {
		if !slices.Contains(names(), name) {
			return fmt.Errorf("there is no fault %q; there are %s", name, strings.Join(names(), ", "))
		}
	}
	consistency := ""
	o.image = cmp.Or(getenv("MYSQL_IMAGE"), "mysql:8.4") // as in the tests
	switch o.topology {
	case testbed.Single:
	case testbed.Multi:
		consistency = "BEFORE"
	case testbed.Galera:
		consistency = "1"
		if o.image = getenv("GALERA_IMAGE"); o.image == "" {
			return errors.New("set GALERA_IMAGE to the tag of an image that .ci/galera-image/build has built")
		}
	default:
		return fmt.Errorf("there is no topology %q; there are single, multi and galera", o.topology)
	}
	o.consistency = cmp.Or(o.consistency, consistency)
	return nil
}
