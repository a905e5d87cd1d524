package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/testbed"
)

// server is the database server of a run. It keeps what it acknowledged when it is killed.
type server interface {
	fmt.Stringer
	// config is for connections that pass no proxy, with all rights.
	config() mysql.Config
	Kill(ctx context.Context) error
	Start(ctx context.Context) error // after Kill
	Pause(ctx context.Context) error
	Resume(ctx context.Context) error
	Remove() error
}

// startServer starts the server of the options.
func startServer(ctx context.Context, o options, dir string, c *clock) (server, error) {
	if o.server == "local" {
		return startLocal(ctx, dir, c)
	}
	servers, err := testbed.Start(ctx, testbed.Options{
		Topology: testbed.Alone, Label: "identikit-chaos", Image: o.image, Arguments: c.container(),
	})
	if err != nil {
		return nil, err
	}
	s := &contained{Node: servers.Nodes[0], all: servers}
	if s.root, err = mysql.ParseURL(s.URL("mysql")); err != nil {
		return nil, errors.Join(err, servers.Remove())
	}
	version, err := mysql.Version(ctx, s.Pool)
	if err != nil {
		return nil, errors.Join(err, servers.Remove())
	}
	s.name = version + " in a container"
	return s, nil
}

// contained is a server in a container.
type contained struct {
	*testbed.Node
	all  *testbed.Cluster
	root mysql.Config
	name string
}

func (s *contained) String() string { return s.name }

func (s *contained) config() mysql.Config { return s.root }

func (s *contained) Remove() error { return s.all.Remove() }

const (
	// library is what lets a process see another time (Debian: libfaketime).
	library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"
)

// clock sets the clock of the database server, and of nothing else.
type clock struct {
	dir string // with the file that says how wrong the clock is; "" if the library is missing
}

func newClock(dir string) (*clock, error) {
	if _, err := os.Stat(library); err != nil {
		return &clock{}, nil //nolint:nilerr // the clock is not set then, and the report says so
	}
	c := &clock{dir: filepath.Join(dir, "clock")}
	if err := os.Mkdir(c.dir, 0o755); err != nil { //nolint:gosec // the server may be another user
		return nil, err
	}
	return c, c.set(0)
}

func (c *clock) works() bool { return c.dir != "" }

// set sets how far the server's clock is ahead of this machine's.
func (c *clock) set(ahead time.Duration) error {
	if !c.works() {
		return nil
	}
	name := filepath.Join(c.dir, "offset")
	text := fmt.Appendf(nil, "%+.3f\n", ahead.Seconds())
	if err := os.WriteFile(name+".new", text, 0o644); err != nil { //nolint:gosec // as above
		return err
	}
	return os.Rename(name+".new", name)
}

// environment lets a process use the clock, with the library and the clock's folder at these paths.
func (c *clock) environment(library, dir string) []string {
	return []string{
		"LD_PRELOAD=" + library, "FAKETIME_TIMESTAMP_FILE=" + dir + "/offset", "FAKETIME_CACHE_DURATION=1",
		"FAKETIME_DONT_FAKE_MONOTONIC=1", "DONT_FAKE_MONOTONIC=1",
	}
}

// container are the arguments of docker create by which a container uses the clock.
func (c *clock) container() []string {
	if !c.works() {
		return nil
	}
	args := []string{"-v", library + ":/faketime.so:ro", "-v", c.dir + ":/clock:ro"}
	for _, e := range c.environment("/faketime.so", "/clock") {
		args = append(args, "-e", e)
	}
	return args
}
