package localdb

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	unfinished = ".init-"         // prefix of the folders that initializations work in
	dyingTime  = 10 * time.Second // for a killed initialization to end
)

// initialize creates the data of an empty folder. It works in a folder beside it and renames that
// at the end, so that a crash leaves either all of the data or none.
func (s *Server) initialize(ctx context.Context) error {
	s.log.Info("initializing a new database", "folder", s.folder.dir, "server", s.binary.version.String())
	work, err := os.MkdirTemp(s.folder.dir, unfinished)
	if err != nil {
		return err
	}
	defer os.RemoveAll(work) //nolint:errcheck // the next initialization tries again
	if err := s.runInit(ctx, work); err != nil {
		return err
	}
	fresh := filepath.Join(work, "data")
	if err := os.Chmod(fresh, 0o700); err != nil { //nolint:gosec // a folder, not a file
		return err
	}
	if err := writeVersion(fresh, s.binary.version); err != nil {
		return err
	}
	if err := os.Rename(fresh, s.folder.data()); err != nil {
		return err
	}
	return syncFolder(s.folder.dir)
}

// runInit runs the server's own program, which creates work/data.
func (s *Server) runInit(ctx context.Context, work string) error {
	log, err := openLog(s.folder.logFile())
	if err != nil {
		return err
	}
	defer log.close()
	cmd, err := s.initCommand(log.file, work)
	if err != nil {
		return err
	}
	p, err := startProcess(cmd)
	if err != nil {
		return err
	}
	select {
	case <-p.exited:
	case <-ctx.Done():
		p.end(killed())
		return ctx.Err()
	}
	if p.err != nil {
		return fmt.Errorf("%s: %w%s", cmd.Path, p.err, log.complaints())
	}
	return nil
}

// removeUnfinished removes what killed initializations left. One of them may still be ending and
// writing.
func (f *folder) removeUnfinished(ctx context.Context) error {
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, dyingTime)
	defer cancel()
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), unfinished) {
			continue
		}
		path := filepath.Join(f.dir, entry.Name())
		for err := os.RemoveAll(path); err != nil; err = os.RemoveAll(path) {
			if sleep(ctx, pollInterval) != nil {
				return err
			}
		}
	}
	return nil
}
