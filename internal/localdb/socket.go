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

// maxSocketPath is what every unix can bind: macOS has room for 103 bytes, Linux for 107.
const maxSocketPath = 103

// socket returns where the server of this folder listens: always the same path, in a folder that
// only this user can enter. It is beside the data, or in /tmp where that path would be too long.
// Not in os.TempDir, which may be another at the next start.
func (f *folder) socket() (string, error) {
	hash := sha256.Sum256([]byte(f.dir))
	name := fmt.Sprintf("%x.sock", hash[:8])
	path := filepath.Join(f.dir, "run", name)
	if len(path) > maxSocketPath {
		path = filepath.Join("/tmp", fmt.Sprintf("identikit-%d", os.Geteuid()), name)
	}
	return path, privateFolder(filepath.Dir(path))
}

// privateFolder creates the folder where missing, and refuses one that others can enter or have
// made: whoever reaches the socket may do everything.
func privateFolder(path string) error {
	if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("create the folder of the database's socket: %w", err)
	}
	info, err := os.Lstat(path)
	if err != nil {
		return fmt.Errorf("look at the folder of the database's socket: %w", err)
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.IsDir() || info.Mode().Perm()&0o077 != 0 || int(stat.Uid) != os.Geteuid() {
		return fmt.Errorf("%s must be a folder of this user that nobody else can enter (mode 0700), but is %s", path, info.Mode())
	}
	return nil
}

// removeSocket removes what a killed server left. Nobody may be listening. MySQL refuses to start
// when the process id in its .lock file has meanwhile been given to another program.
func removeSocket(path string) error {
	for _, p := range []string{path, path + ".lock"} {
		if err := os.Remove(p); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove the socket of a former server: %w", err)
		}
	}
	return nil
}
