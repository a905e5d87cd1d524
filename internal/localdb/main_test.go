package localdb

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/identikit/identikit/internal/mysql"
)

// ownerFolder is the environment variable that makes this test binary run a server in that folder,
// for tests that kill the owner of a server.
const ownerFolder = "LOCALDB_TEST_OWNER"

// startTime limits every start in these tests. It is long, for slow machines.
const startTime = 2 * time.Minute

func TestMain(m *testing.M) {
	if dir := os.Getenv(ownerFolder); dir != "" {
		os.Exit(own(dir))
	}
	code := m.Run()
	if dir, err := template(); err != nil || os.RemoveAll(dir) != nil {
		code = max(code, 1)
	}
	os.Exit(code)
}

// template is the folder of a server that was initialized and stopped.
var template = sync.OnceValues(func() (string, error) { //nolint:gochecknoglobals // made by the first test that needs it
	dir, err := os.MkdirTemp("", "localdb-*")
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), startTime)
	defer cancel()
	s, err := Start(ctx, options(dir))
	if err != nil {
		return dir, err
	}
	return dir, s.Stop(ctx)
})

// initialized returns an initialized folder: initialization takes seconds, and most tests are about
// something else.
func initialized(t *testing.T) string {
	t.Helper()
	from, err := template()
	if err != nil {
		t.Fatal(err)
	}
	dir := newFolder(t)
	mkdir(t, dir, 0o700)
	if err := os.CopyFS(filepath.Join(dir, "data"), os.DirFS(filepath.Join(from, "data"))); err != nil {
		t.Fatal(err)
	}
	return dir
}

// own starts a server, reports it, and waits to be killed.
func own(dir string) int {
	if _, err := Start(context.Background(), options(dir)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println("ready")
	time.Sleep(startTime)
	return 0
}

// startOwner runs own in another process and returns at once.
func startOwner(t *testing.T, dir string) (owner *exec.Cmd, stdout *os.File) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), ownerFolder+"="+dir)
	cmd.Stdout, cmd.Stderr = w, os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	t.Cleanup(func() {
		kill(t, cmd.Process.Pid)
		cmd.Wait()
		r.Close()
	})
	return cmd, r
}

// options returns options for the server that IDENTIKIT_MYSQLD names, or an installed one. These
// tests do not simulate a loss of power, so commits do not wait for the disk; they still reach the
// kernel before they are acknowledged.
func options(dir string) Options {
	return Options{
		Dir:    dir,
		Binary: os.Getenv("IDENTIKIT_MYSQLD"),
		Logger: slog.New(slog.DiscardHandler),
		Args: []string{
			"--innodb-flush-method=nosync",
			// The default is 100 MB. The name of the option depends on the server.
			"--loose-innodb-redo-log-capacity=8M", "--loose-innodb-log-file-size=8M",
		},
	}
}

// startServer runs a server until the test ends.
func startServer(t *testing.T, o Options) *Server {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), startTime)
	defer cancel()
	s, err := Start(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stopServer(t, s) })
	return s
}

func stopServer(t *testing.T, s *Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), startTime)
	defer cancel()
	if err := s.Stop(ctx); err != nil {
		t.Error(err)
	}
}

// newFolder returns a new folder path that is short enough for a socket, unlike that of t.TempDir.
func newFolder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "localdb-*")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return filepath.Join(dir, "db")
}

func open(t *testing.T, s *Server, database string) *sql.DB {
	t.Helper()
	db, err := mysql.Open(s.Config(database), 8)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func execute(t *testing.T, db *sql.DB, statements ...string) {
	t.Helper()
	for _, q := range statements {
		if _, err := db.ExecContext(t.Context(), q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
}

func query[T any](t *testing.T, db *sql.DB, q string) T {
	t.Helper()
	var v T
	if err := db.QueryRowContext(t.Context(), q).Scan(&v); err != nil {
		t.Fatalf("%s: %v", q, err)
	}
	return v
}

// serverPID returns the process id of the folder's server.
func serverPID(t *testing.T, dir string) int {
	t.Helper()
	pid := (&folder{dir: dir}).recordedPID()
	if pid == noPID {
		t.Fatalf("no process id in %s", dir)
	}
	return pid
}

func kill(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && err != syscall.ESRCH {
		t.Fatal(err)
	}
}

// eventually waits until the condition is true.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(startTime); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("never happened: %s", what)
}

// script writes an executable shell script.
func script(t *testing.T, path string, lines ...string) string {
	t.Helper()
	text := "#!/bin/sh\n" + strings.Join(lines, "\n") + "\n"
	// Written by rename, because on some systems a running script cannot be written to.
	if err := os.WriteFile(path+".new", []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
	return path
}
