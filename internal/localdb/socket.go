package localdb

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// maxSocketPath is the longest path that every unix can bind: macOS allows 103 bytes, Linux 107.
const maxSocketPath = 103

// socket returns the path of the server's socket. It is always the same, in a folder that only this
// user can enter: beside the data, or in /tmp if that path would be too long. os.TempDir is not
// used, because it may differ at the next start.
func (f *folder) socket() (string, error) {
	hash := sha256.Sum256([]byte(f.dir))
	name := fmt.Sprintf("%x.sock", hash[:8])
	path := filepath.Join(f.dir, "run", name)
	if len(path) > maxSocketPath {
		path = filepath.Join("/tmp", fmt.Sprintf("identikit-%d", os.Geteuid()), name)
	}
	return path, privateFolder(filepath.Dir(path))
}

// privateFolder creates the folder if it is missing, and refuses one that others can enter or have
// created, because every client of the socket has all rights.
func privateFolder(path string) error {
	if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("create the folder of the database's socket: %w", err)
	}
	info, err := os.Lstat(path)
	if err != nil {
		return fmt.Errorf("check the folder of the database's socket: %w", err)
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.IsDir() || info.Mode().Perm()&0o077 != 0 || int(stat.Uid) != os.Geteuid() {
		return fmt.Errorf("%s must be a folder of this user that nobody else can enter (mode 0700), but is %s", path, info.Mode())
	}
	return nil
}

// removeSocket removes the files of a killed server. No server may be listening. MySQL refuses to
// start if the process id in its .lock file now belongs to another program.
func removeSocket(path string) error {
	for _, p := range []string{path, path + ".lock"} {
		if err := os.Remove(p); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove the socket of an earlier server: %w", err)
		}
	}
	return nil
}
