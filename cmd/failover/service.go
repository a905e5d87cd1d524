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
	"sync"
	"syscall"
	"time"
)

const (
	processes = 2
	// startTime is the longest that the service may take to start, stopTime to stop.
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

// service is a process of the real binary, on the same port after a restart.
type service struct {
	make func(port int) *exec.Cmd

	mu      sync.Mutex
	port    int
	command *exec.Cmd
}

// command runs the binary on a database with default settings, in a folder without .env.
func (e *experiment) command(ctx context.Context, url string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, e.binary, args...)
	c.Dir = e.dir
	c.Env = append(c.Environ(), "DATABASE_URL="+url, "LOG_LEVEL=warn", "HOST=127.0.0.1", "APP_ENV=development")
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
	c.WaitDelay = stopTime
	return c
}

// Address returns host and port.
func (s *service) Address() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return "127.0.0.1:" + strconv.Itoa(s.port)
}

// start returns when the process serves.
func (s *service) start() error {
	s.mu.Lock()
	port := s.port
	s.mu.Unlock()
	c := s.make(port)
	output, err := c.StdoutPipe()
	if err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return err
	}
	slow := time.AfterFunc(startTime, func() { c.Process.Kill() }) //nolint:errcheck // it may have ended already
	defer slow.Stop()
	if port, err = readPort(output); err != nil {
		return errors.Join(err, c.Wait())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.port, s.command = port, c
	return nil
}

// readPort finds the port in what the service prints, and goes on to discard it.
func readPort(output io.Reader) (int, error) {
	lines := bufio.NewReader(output)
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

// stop lets the process answer what it is doing, and returns when it has ended.
func (s *service) stop() error {
	s.mu.Lock()
	c := s.command
	s.mu.Unlock()
	if c == nil {
		return nil
	}
	if err := c.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	late := time.AfterFunc(stopTime, func() { c.Process.Kill() }) //nolint:errcheck // it may have ended already
	defer late.Stop()
	err := c.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.command = nil
	return err
}

// refused reports whether nothing listens, so that the request was not received.
func refused(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }
