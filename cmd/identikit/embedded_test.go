package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// dataFolder returns a folder for a private server. t.TempDir is too long for a unix socket. It is
// removed after the server has ended.
func dataFolder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "identikit-*")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		awaitNoServer(t, dir)
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// serverPID is the process id of the private server in dir, or 0 if there is none.
func serverPID(t *testing.T, dir string) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "server.pid"))
	if errors.Is(err, os.ErrNotExist) {
		return 0
	}
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0 // being written
	}
	return pid
}

// awaitNoServer waits until the private server in dir has ended.
func awaitNoServer(t *testing.T, dir string) {
	t.Helper()
	pid := serverPID(t, dir)
	if pid == 0 {
		return
	}
	eventually(t, "the private server ends", func() error {
		if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("process %d: %w", pid, err)
		}
		return nil
	})
}

// Fails when data does not survive a restart, when the server outlives its service, or when the
// start does not print what runs where or prints a curl command that does not work.
func TestPrivateDatabase(t *testing.T) {
	t.Parallel()
	dir := dataFolder(t)
	p := serve(t, "IDENTIKIT_DATA="+dir)
	eventually(t, "the start says how to try it", func() error {
		for _, part := range []string{
			"Database: M", "data in " + dir,
			`curl --json '{"email":"lorraine@hillvalley.edu","phoneNumber":"123456"}' ` + strings.Replace(p.url, "127.0.0.1", "localhost", 1) + "/identify\n",
		} {
			if !strings.Contains(p.stdout.String(), part) {
				return fmt.Errorf("it does not say %q", part)
			}
		}
		return nil
	})
	first := p.mustIdentify(t, pair(1))
	p.stop(t)
	if err := syscall.Kill(serverPID(t, dir), 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("the server outlived the service: %v", err)
	}
	again := serve(t, "IDENTIKIT_DATA="+dir)
	if diff := cmp.Diff(first, again.mustIdentify(t, `{"email":"`+email(1)+`"}`)); diff != "" {
		t.Errorf("after a restart (-before +after):\n%s", diff)
	}
}

// Fails when a second process on the same folder damages the data, hangs, or does not say what to
// do.
func TestSecondProcessOnOneFolder(t *testing.T) {
	t.Parallel()
	dir := dataFolder(t)
	p := serve(t, "IDENTIKIT_DATA="+dir)
	for _, args := range []string{"serve", "migrate up"} {
		code, _, stderr := execute(t, []string{"IDENTIKIT_DATA=" + dir, "PORT=0"}, strings.Fields(args)...)
		if code != exitFailure || !strings.Contains(stderr, dir) || !strings.Contains(stderr, "set IDENTIKIT_DATA to another folder") {
			t.Errorf("%s: got code %d: %s", args, code, stderr)
		}
	}
	p.mustIdentify(t, pair(1))
}

// Fails when the first key cannot be made while a service with a private database runs, when the start does not
// say how, or when a command that uses the database of a running service stops it.
func TestKeyForRunningService(t *testing.T) {
	t.Parallel()
	dir := dataFolder(t)
	env := []string{"IDENTIKIT_DATA=" + dir}
	p := serve(t, "IDENTIKIT_DATA="+dir, "AUTH=required")
	eventually(t, "the start says how to make a key", func() error {
		if out := p.stdout.String(); !strings.Contains(out, "\n  identikit keys create --name me --scopes all\n") {
			return errors.New(out)
		}
		return nil
	})
	if r := p.as(t, "", http.MethodPost, "/identify", pair(1)); r.status != http.StatusUnauthorized || !strings.Contains(r.body, "identikit keys create") {
		t.Errorf("%d %s", r.status, r.body)
	}
	code, key, stderr := execute(t, env, "keys", "create", "--name", "me", "--scopes", "all")
	if code != exitOK {
		t.Fatalf("%d %s", code, stderr)
	}
	key = strings.TrimSpace(key)
	p.accepted(t, key, http.StatusNotFound)
	if code, _, stderr := execute(t, env, "verify"); code != exitOK {
		t.Errorf("%d %s", code, stderr)
	}
	if r := p.as(t, key, http.MethodPost, "/identify", pair(1)); r.status != http.StatusOK {
		t.Errorf("%d %s", r.status, r.body)
	}
}

// Fails when a service cannot start after kill -9 or loses acknowledged data.
func TestKilledService(t *testing.T) {
	t.Parallel()
	dir := dataFolder(t)
	p := serve(t, "IDENTIKIT_DATA="+dir)
	first := p.mustIdentify(t, pair(1))
	p.signal(t, syscall.SIGKILL)
	p.wait(t)
	again := serve(t, "IDENTIKIT_DATA="+dir)
	if diff := cmp.Diff(first, again.mustIdentify(t, pair(1))); diff != "" {
		t.Errorf("after kill -9 (-before +after):\n%s", diff)
	}
	again.stop(t)
}

// Fails when a crash of the private server ends the service or loses acknowledged data, or when the
// service does not recover by itself.
func TestKilledPrivateServer(t *testing.T) {
	t.Parallel()
	dir := dataFolder(t)
	p := serve(t, "IDENTIKIT_DATA="+dir, "REQUEST_TIMEOUT=2s")
	first := p.mustIdentify(t, pair(1))
	if err := syscall.Kill(serverPID(t, dir), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the service recovers", func() error {
		r, err := p.identify(pair(1))
		if err != nil {
			return err
		}
		switch r.status {
		case http.StatusServiceUnavailable:
			if r.header.Get("Retry-After") == "" {
				t.Error("a 503 without Retry-After")
			}
			return errors.New("503")
		case http.StatusOK:
			if diff := cmp.Diff(first, r.body); diff != "" {
				t.Errorf("after the crash (-before +after):\n%s", diff)
			}
		default:
			t.Errorf("got %d %s", r.status, r.body)
		}
		return nil
	})
	p.stop(t)
}

// Fails when the error without a database server does not help, or when an incomplete folder blocks
// a later start.
func TestNoServerInstalled(t *testing.T) {
	t.Parallel()
	dir := dataFolder(t)
	code, _, stderr := execute(t, []string{"IDENTIKIT_DATA=" + dir, "IDENTIKIT_MYSQLD=/nonexistent/mysqld", "PORT=0"}, "serve")
	if code != exitFailure || !strings.Contains(stderr, "/nonexistent/mysqld cannot be run") {
		t.Errorf("got code %d: %s", code, stderr)
	}
	serve(t, "IDENTIKIT_DATA="+dir).mustIdentify(t, pair(1))
}
