package localdb

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Fails when a restart loses data or initializes again; when the server listens on the network, can
// be reached or read by others, acknowledges commits that are not on disk, or loses its temporary
// files to another server; or when it takes the process id in the .lock file of its last socket for
// its own.
func TestDataSurvivesRestart(t *testing.T) {
	t.Parallel()
	dir := newFolder(t)
	s := startServer(t, options(dir))
	db := open(t, s, "")
	execute(t, db, "CREATE DATABASE kept", "CREATE TABLE kept.t (id INT PRIMARY KEY, v VARCHAR(9) COLLATE utf8mb4_bin)",
		"INSERT INTO kept.t VALUES (1, 'straße')")

	settings := "SELECT CONCAT_WS(' ', @@skip_networking + 0, @@port, @@innodb_flush_log_at_trx_commit, @@log_bin + 0, @@character_set_server, @@tmpdir)"
	if got, want := query[string](t, db, settings), "1 0 1 0 utf8mb4 "+filepath.Join(dir, "tmp"); got != want {
		t.Errorf("server settings: got %q, want %q", got, want)
	}
	for _, path := range []string{dir, filepath.Join(dir, "data"), filepath.Dir(s.socket)} {
		if mode := stat(t, path).Mode().Perm(); mode != 0o700 {
			t.Errorf("%s: got mode %o, want 700", path, mode)
		}
	}
	if pgid, err := syscall.Getpgid(serverPID(t, dir)); err != nil || pgid == syscall.Getpgrp() {
		t.Errorf("the server is in the service's process group (%v): a Ctrl-C would reach it", err)
	}
	stopServer(t, s)
	if err := os.WriteFile(s.socket+".lock", []byte("1\n"), 0o600); err != nil {
		t.Fatal(err)
	}

	s = startServer(t, options(dir))
	if got, want := query[string](t, open(t, s, "kept"), "SELECT v FROM t"), "straße"; got != want {
		t.Errorf("after a restart: got %q, want %q", got, want)
	}
}

func stat(t *testing.T, path string) os.FileInfo {
	t.Helper()
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

// Fails when two services can use one folder, or when a folder stays locked after Stop.
func TestSecondServerIsRefused(t *testing.T) {
	t.Parallel()
	dir := initialized(t)
	s := startServer(t, options(dir))

	_, err := Start(t.Context(), options(dir))
	if !errors.Is(err, ErrInUse) {
		t.Fatalf("got %v, want ErrInUse", err)
	}
	for _, want := range []string{dir, fmt.Sprintf("process %d", os.Getpid())} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not name %q: %v", want, err)
		}
	}
	stopServer(t, s)
	stopServer(t, s) // may be called again
	startServer(t, options(dir))
}

// Fails with a long path (socket paths may have about 100 bytes) or with spaces and quotes, which
// break installers that are shell scripts.
func TestDeepFolderWithOddName(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(newFolder(t), strings.Repeat("deep/", 30), "it's a \"folder\" ü")
	s := startServer(t, options(dir))
	if got := query[int](t, open(t, s, ""), "SELECT 1"); got != 1 {
		t.Errorf("got %d, want 1", got)
	}
	if got, want := s.Dir(), dir; got != want {
		t.Errorf("Dir: got %q, want %q", got, want)
	}
}

// Fails when Stop waits indefinitely for a server that hangs, or leaves it running.
func TestStopKillsOnTimeout(t *testing.T) {
	t.Parallel()
	dir := initialized(t)
	s := startServer(t, options(dir))
	pid := serverPID(t, dir)
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Stop(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("the server is still there (%v)", err)
	}
	startServer(t, options(dir))
}

// Fails when a failed start does not say why or leaves the folder locked.
func TestStartErrorQuotesTheLog(t *testing.T) {
	t.Parallel()
	dir := initialized(t)

	broken := options(dir)
	broken.Args = append(broken.Args, "--no-such-option")
	_, err := Start(t.Context(), broken)
	if err == nil || !strings.Contains(err.Error(), "no-such-option") {
		t.Errorf("got %v, want the server's own words about --no-such-option", err)
	}
	if f, err := openFolder(dir); err != nil {
		t.Errorf("after a failed start: %v", err)
	} else {
		f.unlock()
	}
}

// Fails when a folder that is not ours, or data that this server would damage, is accepted, or when
// anything is started or changed there.
func TestFolderIsRefused(t *testing.T) {
	t.Parallel()
	write := func(name, text string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			path := filepath.Join(dir, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	tests := map[string]struct {
		prepare func(*testing.T, string)
		want    string
	}{
		"system server's data": {write("ibdata1", ""), "is the data folder of another database server"},
		"foreign data":         {write("data/ibdata1", ""), "was not created by Identikit"},
		"other flavour":        {write("data/"+versionFile, "OtherDB 1.2.3"), "but the data was written by OtherDB 1.2.3"},
		"damaged version":      {write("data/"+versionFile, "?"), versionFile + " in "},
		"newer MySQL":          {write("data/"+versionFile, "MySQL 999.0.0"), "but the data was written by MySQL 999.0.0"},
		"newer MariaDB":        {write("data/"+versionFile, "MariaDB 999.0.0"), "but the data was written by MariaDB 999.0.0"},
		"socket for all":       {func(t *testing.T, dir string) { mkdir(t, filepath.Join(dir, "run"), 0o755) }, "mode 0700"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := newFolder(t)
			test.prepare(t, dir)
			_, err := Start(t.Context(), options(dir))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
			if left, err := filepath.Glob(filepath.Join(dir, unfinished+"*")); err != nil || len(left) > 0 {
				t.Errorf("initialized in spite of the error: %v, %v", left, err)
			}
		})
	}
}

func mkdir(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(path, mode); err != nil {
		t.Fatal(err)
	}
}

// Fails when the folder of a socket in /tmp, where any user may create it first, is accepted
// although it is a link, a file or another user's folder.
func TestPrivateFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mkdir(t, filepath.Join(dir, "open"), 0o750)
	mkdir(t, filepath.Join(dir, "mine"), 0o700)
	if err := os.Symlink("mine", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for _, name := range []string{"new", "mine", "open", "link", "file"} {
		got[name] = privateFolder(filepath.Join(dir, name)) == nil
	}
	want := map[string]bool{"new": true, "mine": true, "open": false, "link": false, "file": false}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("trusted (-want +got):\n%s", diff)
	}
}
