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

// ownerFolder is the environment variable that makes this test binary the owner of a server in
// the named folder, for tests that kill the owner.
const ownerFolder = "LOCALDB_TEST_OWNER"

// startTime bounds every start in these tests: generous, for slow machines.
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

// template is a folder of an initialized and stopped server.
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

// initialized returns a folder that a server can start in at once: most tests are about what
// comes after initialization, which takes seconds.
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

// own starts a server, says so, and waits to be killed.
func own(dir string) int {
	if _, err := Start(context.Background(), options(dir)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println("ready")
	time.Sleep(startTime)
	return 0
}

// startOwner runs own in another process. It returns at once.
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

// options run the server that IDENTIKIT_MYSQLD names, else the one that is installed. Nothing in
// these tests outlives a loss of power, so nothing waits for a disk; the log of commits is still
// handed to the kernel before a commit is acknowledged.
func options(dir string) Options {
	return Options{
		Dir:    dir,
		Binary: os.Getenv("IDENTIKIT_MYSQLD"),
		Logger: slog.New(slog.DiscardHandler),
		Args: []string{
			"--innodb-flush-method=nosync",
			// 100 MB each otherwise; which of them there is depends on the server.
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

// newFolder returns a folder that does not exist yet. Its path is short, for the socket in it;
// t.TempDir's is not.
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

// serverPID is the process that the folder's server runs as.
func serverPID(t *testing.T, dir string) int {
	t.Helper()
	pid := (&folder{dir: dir}).recordedPID()
	if pid == nobody {
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

// eventually waits until a condition holds.
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
	// A rename, because a script that is being executed cannot be written to everywhere.
	if err := os.WriteFile(path+".new", []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
	return path
}
