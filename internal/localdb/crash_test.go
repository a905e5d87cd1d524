package localdb

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Fails when a server that is killed during writes is not restarted, or loses a row whose commit
// was acknowledged.
func TestKilledServerRecoversEveryRow(t *testing.T) {
	t.Parallel()
	dir := initialized(t)
	s := startServer(t, options(dir))
	db := open(t, s, "")
	execute(t, db, "CREATE DATABASE k", "CREATE TABLE k.t (writer INT, n INT, PRIMARY KEY (writer, n))")

	var writers sync.WaitGroup
	acknowledged := make([]int, 4)
	running, stop := context.WithCancel(t.Context())
	defer stop()
	for w := range acknowledged {
		writers.Go(func() { acknowledged[w] = write(running, db, w) })
	}
	for range 2 {
		time.Sleep(300 * time.Millisecond)
		pid := serverPID(t, dir)
		kill(t, pid)
		eventually(t, "the server is back", func() bool {
			return serverPID(t, dir) != pid && db.PingContext(t.Context()) == nil
		})
	}
	time.Sleep(300 * time.Millisecond)
	stop()
	writers.Wait()

	for w, want := range acknowledged {
		if want == 0 {
			t.Errorf("writer %d wrote nothing", w)
		}
		got := query[int](t, db, fmt.Sprintf("SELECT COUNT(*) FROM k.t WHERE writer = %d AND n < %d", w, want))
		if got != want {
			t.Errorf("writer %d: got %d rows, want the %d acknowledged", w, got, want)
		}
	}
}

// write inserts 0, 1, 2 … until ctx ends and returns how many inserts were acknowledged. It uses
// IGNORE because an insert that failed may have been committed.
func write(ctx context.Context, db *sql.DB, writer int) int {
	n := 0
	for ctx.Err() == nil {
		if _, err := db.ExecContext(ctx, "INSERT IGNORE INTO k.t VALUES (?, ?)", writer, n); err == nil {
			n++
		}
	}
	return n
}

// Fails when a server survives its killed service on a system that can end it, or when the next
// start fails or loses data.
func TestKilledOwner(t *testing.T) {
	t.Parallel()
	dir := initialized(t)
	owner, stdout := startOwner(t, dir)
	if line, err := bufio.NewReader(stdout).ReadString('\n'); err != nil || line != "ready\n" {
		t.Fatalf("the owner says %q, %v", line, err)
	}
	server := serverPID(t, dir)
	kill(t, owner.Process.Pid)
	owner.Wait()
	if runtime.GOOS == "linux" {
		eventually(t, "the server ends", func() bool { return ended(server) })
	}
	s := startServer(t, options(dir))
	if got := query[int](t, open(t, s, ""), "SELECT 1"); got != 1 {
		t.Errorf("got %d, want 1", got)
	}
}

// ended reports whether a process that is not our child is gone or a zombie.
func ended(pid int) bool {
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return true
	}
	state, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && strings.Contains(string(state), ") Z ")
}

// Fails when the next start does not end a server that survived its service, as on systems that
// cannot tie the two together, or when it touches a server that another program started on the
// data.
func TestLeftoverServer(t *testing.T) {
	t.Parallel()
	dir := initialized(t)
	first := startServer(t, options(dir))
	execute(t, open(t, first, ""), "CREATE DATABASE kept")
	stopServer(t, first)

	leftover := first.serverCommand(nil)
	if err := leftover.Start(); err != nil {
		t.Fatal(err)
	}
	gone := make(chan error, 1)
	go func() { gone <- leftover.Wait() }()
	t.Cleanup(func() { leftover.Process.Kill() })
	db := open(t, first, "kept")
	eventually(t, "the leftover server answers", func() bool { return db.PingContext(t.Context()) == nil })

	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if _, err := Start(ctx, options(dir)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("on another program's server: got %v, want context.DeadlineExceeded", err)
	}
	if err := db.PingContext(t.Context()); err != nil {
		t.Errorf("another program's server was ended: %v", err)
	}

	if err := first.folder.recordPID(leftover.Process.Pid); err != nil {
		t.Fatal(err)
	}
	s := startServer(t, options(dir))
	select {
	case err := <-gone:
		if err != nil {
			t.Errorf("the leftover server did not end cleanly: %v", err)
		}
	default:
		t.Error("the leftover server still runs")
	}
	if got, want := query[string](t, open(t, s, "kept"), "SELECT DATABASE()"), "kept"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Fails when a service that is killed during initialization leaves an incomplete data folder, which
// could never start.
func TestKilledInitialization(t *testing.T) {
	t.Parallel()
	dir := newFolder(t)
	owner, _ := startOwner(t, dir)
	eventually(t, "the initialization writes", func() bool {
		found, err := filepath.Glob(filepath.Join(dir, unfinished+"*", "data", "ibdata1"))
		return err == nil && len(found) > 0
	})
	kill(t, owner.Process.Pid)
	owner.Wait()
	if _, err := os.Lstat(filepath.Join(dir, "data")); err == nil {
		t.Fatal("killed too late: the data is complete")
	}
	startServer(t, options(dir))
	if left, err := filepath.Glob(filepath.Join(dir, unfinished+"*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// Fails when a start that is canceled during initialization leaves data, a process or the lock
// behind.
func TestCancelledInitialization(t *testing.T) {
	t.Parallel()
	dir := newFolder(t)
	seen := filepath.Join(t.TempDir(), "pid")
	o := options(dir)
	o.Binary = script(t, filepath.Join(t.TempDir(), "slow"),
		`[ "$2" = --version ] && echo "mysqld  Ver 9.0.0" && exit`, "echo $$ > "+seen+".new && mv "+seen+".new "+seen, "exec sleep 100")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		defer cancel()
		for _, err := os.Stat(seen); err != nil && ctx.Err() == nil; _, err = os.Stat(seen) {
			time.Sleep(time.Millisecond)
		}
	}()
	if _, err := Start(ctx, o); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want context.Canceled", err)
	}
	text, err := os.ReadFile(seen)
	if err != nil {
		t.Fatal(err)
	}
	if pid, err := strconv.Atoi(strings.TrimSpace(string(text))); err != nil || !ended(pid) {
		t.Errorf("process %q still runs (%v)", text, err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*data*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	startServer(t, options(dir))
}

// Fails when the supervisor gives up or retries without a pause while the server cannot start, or
// when Stop waits for its next attempt.
func TestSupervisorKeepsRetrying(t *testing.T) {
	t.Parallel()
	dir := initialized(t)
	o := options(dir)
	bin, err := findBinary(t.Context(), o.Binary, version{})
	if err != nil {
		t.Fatal(err)
	}
	works := fmt.Sprintf("exec '%s' \"$@\"", bin.path)
	// In its own folder, so that MariaDB's installer is found only by its own path.
	o.Binary = script(t, filepath.Join(t.TempDir(), "server"), works)
	s := startServer(t, o)
	db := open(t, s, "")

	attempts := filepath.Join(t.TempDir(), "attempts")
	script(t, o.Binary, "echo >> "+attempts, "echo '[ERROR] no' >&2", "exit 3")
	kill(t, serverPID(t, dir))
	eventually(t, "three attempts", func() bool {
		made, err := os.ReadFile(attempts)
		return err == nil && len(made) >= 3
	})
	script(t, o.Binary, works)
	eventually(t, "the server is back", func() bool { return db.PingContext(t.Context()) == nil })

	script(t, o.Binary, "exit 3")
	kill(t, serverPID(t, dir))
	time.Sleep(100 * time.Millisecond)
	stopServer(t, s)
}
