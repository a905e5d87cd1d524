package localdb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	pollInterval = 20 * time.Millisecond
	politeTime   = 20 * time.Second // for a server that was left over to end cleanly
	evictTime    = 30 * time.Second // for it to end at all
)

// evict ends the server that still works on the data although this process holds the folder's
// lock: its service was killed. Servers lock their main files for as long as they work on them,
// and the kernel tells who holds such a lock; a process id in a file may be another's by now.
//
// A server that some other program started on the data is not touched, only waited for.
func (f *folder) evict(ctx context.Context, log *slog.Logger) error {
	began, asked := time.Now(), false
	for {
		pid, err := f.lockHolder()
		if err != nil || pid == nobody {
			return err
		}
		waited := time.Since(began)
		switch ours := pid == f.recordedPID(); {
		case waited > evictTime:
			return fmt.Errorf("a database server (process %d) works on %s and does not end", pid, f.data())
		case ours && waited > politeTime:
			syscall.Kill(pid, syscall.SIGKILL) //nolint:errcheck // looked at again
		case ours && !asked:
			asked = true
			log.Warn("ending the database server of a service that was killed", "pid", pid)
			syscall.Kill(pid, syscall.SIGTERM) //nolint:errcheck // looked at again
		}
		if err := sleep(ctx, pollInterval); err != nil {
			return err
		}
	}
}

// nobody is the process id that holds no lock. A holder that this process cannot see, as in
// another container, has the process id 0.
const nobody = -1

// lockHolder is the process of a server that works on the data.
func (f *folder) lockHolder() (int, error) {
	for _, name := range []string{"ibdata1", "aria_log_control"} { // InnoDB's, and MariaDB's Aria's
		pid, err := fileLockHolder(filepath.Join(f.data(), name))
		if err != nil || pid != nobody {
			return pid, err
		}
	}
	return nobody, nil
}

func fileLockHolder(path string) (int, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nobody, nil
	}
	if err != nil {
		return nobody, fmt.Errorf("see who uses the data: %w", err)
	}
	defer file.Close() //nolint:errcheck // only asked
	lock := syscall.Flock_t{Type: syscall.F_WRLCK, Whence: io.SeekStart}
	if err := syscall.FcntlFlock(file.Fd(), syscall.F_GETLK, &lock); err != nil {
		return nobody, fmt.Errorf("see who uses the data: %w", err)
	}
	if lock.Type == syscall.F_UNLCK {
		return nobody, nil
	}
	return int(lock.Pid), nil
}

// recordPID remembers the server's process, for evict and for whoever looks at the folder.
func (f *folder) recordPID(pid int) error {
	return replaceFile(f.pidFile(), strconv.Itoa(pid)+"\n")
}

// recordedPID is what recordPID wrote; nobody where that is unknown.
func (f *folder) recordedPID() int {
	text, err := os.ReadFile(f.pidFile())
	if err != nil {
		return nobody
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || pid <= 0 {
		return nobody
	}
	return pid
}

// sleep waits, or returns ctx's error when ctx ends first.
func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
