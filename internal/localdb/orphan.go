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
	politeTime   = 20 * time.Second // for a leftover server to end cleanly
	evictTime    = 30 * time.Second // for it to end at all
)

// evict ends a server that still uses the data although this process holds the folder's lock: its
// service was killed. Servers lock their main files while they use them, and the kernel reports the
// holder of such a lock; a process id in a file may since belong to another process.
//
// A server that another program started on the data is not touched; evict only waits for it.
func (f *folder) evict(ctx context.Context, log *slog.Logger) error {
	began, asked := time.Now(), false
	for {
		pid, err := f.lockHolder()
		if err != nil || pid == noPID {
			return err
		}
		waited := time.Since(began)
		switch ours := pid == f.recordedPID(); {
		case waited > evictTime:
			return fmt.Errorf("a database server (process %d) uses %s and does not end", pid, f.data())
		case ours && waited > politeTime:
			syscall.Kill(pid, syscall.SIGKILL) //nolint:errcheck // checked again below
		case ours && !asked:
			asked = true
			log.Warn("ending the database server of a service that was killed", "pid", pid)
			syscall.Kill(pid, syscall.SIGTERM) //nolint:errcheck // checked again below
		}
		if err := sleep(ctx, pollInterval); err != nil {
			return err
		}
	}
}

// noPID means that no process holds the lock. A holder that this process cannot see, for example in
// another container, has the process id 0.
const noPID = -1

// lockHolder returns the process id of a server that uses the data, or noPID.
func (f *folder) lockHolder() (int, error) {
	for _, name := range []string{"ibdata1", "aria_log_control"} { // InnoDB's, and MariaDB's Aria's
		pid, err := fileLockHolder(filepath.Join(f.data(), name))
		if err != nil || pid != noPID {
			return pid, err
		}
	}
	return noPID, nil
}

func fileLockHolder(path string) (int, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return noPID, nil
	}
	if err != nil {
		return noPID, fmt.Errorf("find the process that uses the data: %w", err)
	}
	defer file.Close() //nolint:errcheck // only read from
	lock := syscall.Flock_t{Type: syscall.F_WRLCK, Whence: io.SeekStart}
	if err := syscall.FcntlFlock(file.Fd(), syscall.F_GETLK, &lock); err != nil {
		return noPID, fmt.Errorf("find the process that uses the data: %w", err)
	}
	if lock.Type == syscall.F_UNLCK {
		return noPID, nil
	}
	return int(lock.Pid), nil
}

// recordPID stores the server's process id, for evict and for people.
func (f *folder) recordPID(pid int) error {
	return replaceFile(f.pidFile(), strconv.Itoa(pid)+"\n")
}

// recordedPID returns what recordPID stored, or noPID if that is unknown.
func (f *folder) recordedPID() int {
	text, err := os.ReadFile(f.pidFile())
	if err != nil {
		return noPID
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || pid <= 0 {
		return noPID
	}
	return pid
}

// sleep waits for d, or returns the error of ctx if it ends first.
func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
