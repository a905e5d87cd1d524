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

// versionFile is part of the data, so that both appear with one rename.
const versionFile = "identikit.version"

// folder is a data folder that this process has locked.
type folder struct {
	dir  string
	lock *os.File
}

// openFolder creates the folder if it is missing and locks it. It never waits; if the folder is
// locked, the error is ErrInUse.
func openFolder(dir string) (*folder, error) {
	if dir == "" {
		return nil, errors.New("the data folder is not set")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("create the data folder: %w", err)
	}
	// Using the data folder of the system's own server is an easy mistake. Our data would appear in
	// it as a database.
	if _, err := os.Lstat(filepath.Join(dir, "ibdata1")); err == nil {
		return nil, fmt.Errorf("%s is the data folder of another database server; use a separate folder", dir)
	}
	lock, err := lockFile(filepath.Join(dir, "lock"))
	if err != nil {
		return nil, err
	}
	return &folder{dir: dir, lock: lock}, nil
}

// lockFile takes a lock that the kernel releases when this process ends. The server does not
// inherit it. The file contains the process id of the holder. It is never removed, because another
// process could hold the lock of the removed file.
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

// unlock releases the folder. The server must have ended.
func (f *folder) unlock() {
	// A child that is being forked shares the lock until its exec, so closing the file is not
	// enough.
	syscall.Flock(int(f.lock.Fd()), syscall.LOCK_UN) //nolint:errcheck // Close releases it too
	f.lock.Close()                                   //nolint:errcheck // nothing to save
}

func (f *folder) data() string    { return filepath.Join(f.dir, "data") }
func (f *folder) temp() string    { return filepath.Join(f.dir, "tmp") }
func (f *folder) logFile() string { return filepath.Join(f.dir, "server.log") }
func (f *folder) pidFile() string { return filepath.Join(f.dir, "server.pid") }

// emptyTemp recreates the folder of temporary files without the files of a killed server.
func (f *folder) emptyTemp() error {
	if err := os.RemoveAll(f.temp()); err != nil {
		return fmt.Errorf("remove temporary files: %w", err)
	}
	if err := os.Mkdir(f.temp(), 0o700); err != nil {
		return fmt.Errorf("create the folder of temporary files: %w", err)
	}
	return nil
}

// writtenBy returns the server that last ran on the data, or the zero version if there is no data.
func (f *folder) writtenBy() (version, error) {
	if _, err := os.Lstat(f.data()); errors.Is(err, fs.ErrNotExist) {
		return version{}, nil
	}
	text, err := os.ReadFile(filepath.Join(f.data(), versionFile))
	if errors.Is(err, fs.ErrNotExist) {
		return version{}, fmt.Errorf("%s was not created by Identikit: %s is missing", f.data(), versionFile)
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

// setWrittenBy records that a server has taken over the data, which older ones can then no longer
// read.
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

// replaceFile replaces a file atomically, also in case of a crash.
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

// syncFolder makes renames in the folder durable.
func syncFolder(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
