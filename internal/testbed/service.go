package testbed

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
	// startTime is the longest that the service may take to start, stopTime to stop.
	startTime = 30 * time.Second
	stopTime  = 30 * time.Second
)

// Build compiles the binary into a folder, and returns its path.
func Build(ctx context.Context, dir string) (string, error) {
	binary := filepath.Join(dir, "identikit")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", binary, "github.com/identikit/identikit/cmd/identikit")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the service: %w\n%s", err, out)
	}
	return binary, nil
}

// Binary is the real binary.
type Binary struct {
	Path string
	Dir  string // to run it in, without .env
}

// Command runs the binary on a database with default settings. It gets SIGTERM when ctx ends.
func (b Binary) Command(ctx context.Context, url string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, b.Path, args...)
	c.Dir = b.Dir
	c.Env = append(c.Environ(), "DATABASE_URL="+url, "LOG_LEVEL=warn", "HOST=127.0.0.1", "APP_ENV=development")
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
	c.WaitDelay = stopTime
	return c
}

// Service is a process that serves, on the same port after a restart. Its methods may be called
// concurrently, but Start, Stop and Kill only one after the other.
type Service struct {
	binary Binary
	url    string
	log    io.Writer
	env    []string

	mu      sync.Mutex
	port    int
	command *exec.Cmd
}

// Service returns a process on a database that has not been started. What it logs is written to log, and
// env are more variables of its environment. It must be stopped or killed.
func (b Binary) Service(url string, log io.Writer, env ...string) *Service {
	return &Service{binary: b, url: url, log: log, env: env}
}

// Address returns host and port. They are known once Start has returned.
func (s *Service) Address() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return "127.0.0.1:" + strconv.Itoa(s.port)
}

// Start starts the process and returns when it serves.
func (s *Service) Start() error {
	s.mu.Lock()
	port := s.port
	s.mu.Unlock()
	c := s.binary.Command(context.Background(), s.url, "serve")
	c.Env = append(append(c.Env, fmt.Sprintf("PORT=%d", port)), s.env...)
	c.Stderr = s.log
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

// Stop lets the process answer what it is doing, and returns when it has ended. It returns the error with
// which it ended, and nil if it did not run.
func (s *Service) Stop() error {
	c := s.running()
	if c == nil {
		return nil
	}
	if err := c.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	late := time.AfterFunc(stopTime, func() { c.Process.Kill() }) //nolint:errcheck // it may have ended already
	defer late.Stop()
	return s.wait(c)
}

// Kill ends the process as kill -9 does, and returns when it has ended.
func (s *Service) Kill() error {
	c := s.running()
	if c == nil {
		return nil
	}
	if err := c.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	s.wait(c) //nolint:errcheck // it was killed
	return nil
}

// Signal sends a signal to the process, such as SIGSTOP and SIGCONT.
func (s *Service) Signal(signal os.Signal) error {
	if c := s.running(); c != nil {
		return c.Process.Signal(signal)
	}
	return os.ErrProcessDone
}

func (s *Service) running() *exec.Cmd {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.command
}

func (s *Service) wait(c *exec.Cmd) error {
	err := c.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.command = nil
	return err
}
