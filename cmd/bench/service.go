package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// startTime bounds how long the service takes to serve, stopTime to end.
const (
	startTime = 30 * time.Second
	stopTime  = 30 * time.Second
)

// buildService compiles the binary into dir.
func buildService(ctx context.Context, dir string) (string, error) {
	binary := filepath.Join(dir, "identikit")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", binary, "github.com/identikit/identikit/cmd/identikit")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the service: %w\n%s", err, out)
	}
	return binary, nil
}

// service is `identikit serve`, a process on a free port of this machine.
type service struct {
	address string
	command *exec.Cmd
}

// command runs the binary on a database, in a folder without .env, with its default settings but for
// the fuse: clusters of 1,000 get more values.
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
	s := &service{command: b.command(ctx, d, "serve")}
	s.command.Env = append(s.command.Env, settings...)
	s.command.Stderr = b.progress
	said, err := s.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.command.Start(); err != nil {
		return nil, err
	}
	slow := time.AfterFunc(startTime, func() { s.command.Process.Kill() }) //nolint:errcheck // it is gone, then
	port, err := readPort(said)
	slow.Stop()
	if err != nil {
		return nil, errors.Join(err, s.stop())
	}
	s.address = "127.0.0.1:" + strconv.Itoa(port)
	return s, nil
}

// readPort finds the port in what the service says when it serves, and leaves nothing unread.
func readPort(said io.Reader) (int, error) {
	lines := bufio.NewReader(said)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return 0, errors.New("the service did not start")
		}
		var port int
		if _, err := fmt.Sscanf(line, "Identikit serves on port %d", &port); err == nil {
			go io.Copy(io.Discard, lines) //nolint:errcheck // ends with the service
			return port, nil
		}
	}
}

func (s *service) pid() int { return s.command.Process.Pid }

// stop ends the service in its own way.
func (s *service) stop() error {
	if err := s.command.Process.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	late := time.AfterFunc(stopTime, func() { s.command.Process.Kill() }) //nolint:errcheck // it is gone, then
	defer late.Stop()
	return s.command.Wait()
}
