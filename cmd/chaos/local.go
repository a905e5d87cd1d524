package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/identikit/identikit/internal/localdb"
	"github.com/identikit/identikit/internal/mysql"
)

// local is a server as a child process.
type local struct {
	options localdb.Options
	running *localdb.Server
	name    string
}

func startLocal(ctx context.Context, dir string, c *clock) (server, error) {
	l := &local{options: localdb.Options{Dir: filepath.Join(dir, "db"), Logger: slog.New(slog.DiscardHandler)}}
	if c.works() {
		var err error
		if l.options.Binary, err = script(dir, c); err != nil {
			return nil, err
		}
	}
	if err := l.Start(ctx); err != nil {
		return nil, err
	}
	pool, err := mysql.Open(l.config(), 1)
	if err != nil {
		return nil, errors.Join(err, l.Remove())
	}
	defer pool.Close() //nolint:errcheck // it was only queried
	if l.name, err = mysql.Version(ctx, pool); err != nil {
		return nil, errors.Join(err, l.Remove())
	}
	return l, nil
}

// script writes a script that runs the installed server with the clock.
func script(dir string, c *clock) (string, error) {
	binary, err := exec.LookPath("mysqld")
	if err != nil {
		binary, err = exec.LookPath("mariadbd")
	}
	if err != nil {
		return "", err
	}
	name := filepath.Join(dir, "server.sh")
	text := fmt.Sprintf("#!/bin/sh\nexec env '%s' %s \"$@\"\n", strings.Join(c.environment(c.library, c.dir), "' '"), binary)
	return name, os.WriteFile(name, []byte(text), 0o700) //nolint:gosec // it is executed
}

func (l *local) String() string { return l.name + " as a child process" }

func (l *local) config() mysql.Config { return l.running.Config("") }

func (l *local) Start(ctx context.Context) (err error) {
	l.running, err = localdb.Start(ctx, l.options)
	return err
}

// Kill implements server.
func (l *local) Kill(ctx context.Context) error {
	if err := l.running.Signal(syscall.SIGKILL); err != nil {
		return err
	}
	return l.running.Stop(ctx) // otherwise it would be started again
}

// Pause implements server.
func (l *local) Pause(context.Context) error { return l.running.Signal(syscall.SIGSTOP) }

// Resume implements server.
func (l *local) Resume(context.Context) error { return l.running.Signal(syscall.SIGCONT) }

// Remove implements server.
func (l *local) Remove() error {
	ctx, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	return l.running.Stop(ctx)
}
