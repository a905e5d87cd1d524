package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"
)

// startTime is the longest that the service may take to start, stopTime to stop.
const (
	startTime = 30 * time.Second
	stopTime  = 30 * time.Second
)

// service is a process that serves HTTP on a free port of this machine: `identikit serve`, or a
// constant answer.
type service struct {
	address string
	command *exec.Cmd
}

// command runs the binary on a database, in a folder without .env, with its default settings. Only
// MAX_CLUSTER_VALUES is higher: clusters of 1,000 values get more.
func (b *bench) command(ctx context.Context, d *database, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, b.binary, args...)
	c.Dir = b.dir
	c.Env = append(c.Environ(),
		"DATABASE_URL="+d.url, "LOG_LEVEL=warn", "PORT=0", "HOST=127.0.0.1", "APP_ENV=development", "MAX_CLUSTER_VALUES=2000")
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
	c.WaitDelay = stopTime
	return c
}

// serve starts the service, with settings besides the usual ones, and returns when it serves.
func (b *bench) serve(ctx context.Context, d *database, settings ...string) (*service, error) {
	c := b.command(ctx, d, "serve")
	c.Env = append(c.Env, settings...)
	c.Stderr = b.progress
	return startService(c, "Identikit serves on port %d")
}

// startService starts a process that listens on a port of its own choice, and returns when it has
// announced the port.
func startService(command *exec.Cmd, announcement string) (*service, error) {
	s := &service{command: command}
	output, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	slow := time.AfterFunc(startTime, func() { command.Process.Kill() }) //nolint:errcheck // it may have ended already
	port, err := readPort(output, announcement)
	slow.Stop()
	if err != nil {
		return nil, errors.Join(err, s.stop())
	}
	s.address = "127.0.0.1:" + strconv.Itoa(port)
	return s, nil
}

// readPort finds the port in the announcement, and goes on to discard the output.
func readPort(output io.Reader, announcement string) (int, error) {
	lines := bufio.NewReader(output)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return 0, errors.New("the service did not start")
		}
		var port int
		if _, err := fmt.Sscanf(line, announcement, &port); err == nil {
			go io.Copy(io.Discard, lines) //nolint:errcheck // ends with the service
			return port, nil
		}
	}
}

func (s *service) pid() int { return s.command.Process.Pid }

// stop lets the service shut down.
func (s *service) stop() error {
	if err := s.command.Process.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	late := time.AfterFunc(stopTime, func() { s.command.Process.Kill() }) //nolint:errcheck // it may have ended already
	defer late.Stop()
	return s.command.Wait()
}
