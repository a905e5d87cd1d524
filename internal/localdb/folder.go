package localdb

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// versionFile lies in the data itself, so that both appear in one rename.
const versionFile = "identikit.version"

// folder is a data folder that this process holds the lock of.
type folder struct {
	dir  string
	lock *os.File
}

// openFolder creates the folder where missing and takes its lock. It never waits: ErrInUse.
func openFolder(dir string) (*folder, error) {
	if dir == "" {
		return nil, errors.New("no data folder is given")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("create the data folder: %w", err)
	}
	// The data folder of a system's own server is an easy mistake; ours would appear in it as a database.
	if _, err := os.Lstat(filepath.Join(dir, "ibdata1")); err == nil {
		return nil, fmt.Errorf("%s is the data folder of another database server; use a folder of its own", dir)
	}
	lock, err := lockFile(filepath.Join(dir, "lock"))
	if err != nil {
		return nil, err
	}
	return &folder{dir: dir, lock: lock}, nil
}

// lockFile takes a lock that the kernel releases when this process ends, however it ends. The
// server does not inherit it. The file says which process holds it, and is never removed: another
// process could hold the lock of the removed one.
func lockFile(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the data folder's lock: %w", err)
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = fmt.Errorf("%w: %s, by %s", ErrInUse, filepath.Dir(path), holder(path))
	} else if err != nil {
		err = fmt.Errorf("lock %s: %w", path, err)
	} else {
		err = errors.Join(file.Truncate(0), writeAt(file, fmt.Sprintf("%d\n", os.Getpid())))
	}
	if err != nil {
		file.Close() //nolint:errcheck // nothing of value was written
		return nil, err
	}
	return file, nil
}

func writeAt(file *os.File, text string) error {
	_, err := file.WriteAt([]byte(text), 0)
	return err
}

func holder(lockPath string) string {
	pid, err := os.ReadFile(lockPath)
	if err != nil || len(pid) == 0 {
		return "another process"
	}
	return "process " + strings.TrimSpace(string(pid))
}

// unlock gives the folder up. The server must have ended.
func (f *folder) unlock() {
	// A child that is just being forked shares the lock until its exec: closing alone would not do.
	syscall.Flock(int(f.lock.Fd()), syscall.LOCK_UN) //nolint:errcheck // Close releases it too
	f.lock.Close()                                   //nolint:errcheck // nothing to save
}

func (f *folder) data() string    { return filepath.Join(f.dir, "data") }
func (f *folder) temp() string    { return filepath.Join(f.dir, "tmp") }
func (f *folder) logFile() string { return filepath.Join(f.dir, "server.log") }
func (f *folder) pidFile() string { return filepath.Join(f.dir, "server.pid") }

// emptyTemp makes the folder of temporary files, without those of a server that was killed.
func (f *folder) emptyTemp() error {
	if err := os.RemoveAll(f.temp()); err != nil {
		return fmt.Errorf("remove temporary files: %w", err)
	}
	if err := os.Mkdir(f.temp(), 0o700); err != nil {
		return fmt.Errorf("create the folder of temporary files: %w", err)
	}
	return nil
}

// writtenBy is the server that last ran on the data; the zero version where there is no data yet.
func (f *folder) writtenBy() (version, error) {
	if _, err := os.Lstat(f.data()); errors.Is(err, fs.ErrNotExist) {
		return version{}, nil
	}
	text, err := os.ReadFile(filepath.Join(f.data(), versionFile))
	if errors.Is(err, fs.ErrNotExist) {
		return version{}, fmt.Errorf("%s was not made by Identikit: it lacks %s", f.data(), versionFile)
	}
	if err != nil {
		return version{}, fmt.Errorf("read which server the data belongs to: %w", err)
	}
	v, err := parseVersion(string(text))
	if err != nil {
		return version{}, fmt.Errorf("%s in %s is damaged", versionFile, f.data())
	}
	return v, nil
}

// setWrittenBy records that a server has taken over the data: older ones cannot read it any more.
func (f *folder) setWrittenBy(v version) error {
	if was, err := f.writtenBy(); err == nil && was == v {
		return nil
	}
	return writeVersion(f.data(), v)
}

func writeVersion(data string, v version) error {
	if err := replaceFile(filepath.Join(data, versionFile), v.String()+"\n"); err != nil {
		return fmt.Errorf("record which server the data belongs to: %w", err)
	}
	return syncFolder(data)
}

// replaceFile writes a file of which nobody, also after a crash, sees a part.
func replaceFile(path, text string) error {
	file, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(writeAt(file, text), file.Sync(), file.Close()); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// syncFolder makes renames in the folder survive a loss of power.
func syncFolder(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
