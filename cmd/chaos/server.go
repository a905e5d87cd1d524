package main

import (
	"context"
	"errors"
	"fmt"

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
