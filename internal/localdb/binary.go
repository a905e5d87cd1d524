package localdb

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"time"
)

// versionTimeout limits how long a program may take to print its version.
const versionTimeout = 10 * time.Second

// binary is a server's executable.
type binary struct {
	path    string
	version version
}

// serverFolders are folders that packages install servers in, but that are often not on the PATH.
func serverFolders() []string {
	return []string{
		"/usr/sbin", "/usr/local/sbin", "/usr/libexec", "/usr/local/libexec", "/usr/bin", "/usr/local/bin",
		"/usr/local/mysql/bin", "/usr/local/mariadb/bin",
		"/opt/homebrew/bin", "/opt/homebrew/opt/mysql/bin", "/opt/homebrew/opt/mariadb/bin",
		"/usr/local/opt/mysql/bin", "/usr/local/opt/mariadb/bin",
		"/opt/local/lib/mysql8/bin", "/opt/local/lib/mariadb/bin",
	}
}

// findBinary returns the server at path or, if path is "", an installed one.
func findBinary(ctx context.Context, path string, data version) (binary, error) {
	if path == "" {
		return choose(ctx, installed("mysqld", "mariadbd"), data)
	}
	return choose(ctx, []string{path}, data)
}

// choose returns the first candidate that is new enough and can read data. If there is none, the
// error is about the first candidate.
func choose(ctx context.Context, candidates []string, data version) (binary, error) {
	var first error
	for _, c := range candidates {
		b, err := inspect(ctx, c, data)
		if err == nil {
			return b, nil
		}
		if first == nil {
			first = fmt.Errorf("the database server %s %w", c, err)
		}
	}
	if first == nil {
		return binary{}, fmt.Errorf("%w; %s, or set DATABASE_URL to a database, or IDENTIKIT_MYSQLD to the server's path",
			ErrNotInstalled, installHint())
	}
	return binary{}, first
}

// inspect asks a server for its version and checks whether it can be used. Its errors continue a
// sentence that begins with the path.
func inspect(ctx context.Context, path string, data version) (binary, error) {
	ctx, cancel := context.WithTimeout(ctx, versionTimeout)
	defer cancel()
	found, err := exec.LookPath(path)
	if err != nil {
		return binary{}, fmt.Errorf("cannot be run: %w", err)
	}
	if found, err = filepath.Abs(found); err != nil {
		return binary{}, fmt.Errorf("cannot be found: %w", err)
	}
	cmd := exec.CommandContext(ctx, found, "--no-defaults", "--version")
	cmd.WaitDelay = time.Second // if a script was killed but its child continues
	out, err := cmd.Output()
	if err != nil {
		return binary{}, fmt.Errorf("does not print its version: %w%s", cmp.Or(ctx.Err(), err), stderrOf(err))
	}
	v, err := parseVersionLine(string(out))
	if err != nil {
		return binary{}, err
	}
	return binary{path: found, version: v}, errors.Join(v.supported(), v.reads(data))
}

// stderrOf returns what a program wrote to stderr before it failed.
func stderrOf(err error) string {
	var exit *exec.ExitError
	if errors.As(err, &exit) && len(exit.Stderr) > 0 {
		return ": " + firstLine(string(exit.Stderr))
	}
	return ""
}

// installed returns the paths of the programs that can be run, those on the PATH first.
func installed(programs ...string) []string {
	var paths []string
	for _, name := range programs {
		if path, err := exec.LookPath(name); err == nil {
			paths = append(paths, path)
		}
	}
	for _, folder := range serverFolders() {
		for _, name := range programs {
			if path, err := exec.LookPath(filepath.Join(folder, name)); err == nil {
				paths = append(paths, path)
			}
		}
	}
	return paths
}

// installHint says how to install a server with this system's package manager.
func installHint() string {
	for _, m := range []struct{ program, command string }{
		{"apt-get", "sudo apt-get install mariadb-server-core mariadb-client-core"},
		{"brew", "brew install mysql"},
		{"dnf", "sudo dnf install mariadb-server"},
		{"apk", "sudo apk add mariadb"},
		{"pacman", "sudo pacman -S mariadb"},
		{"zypper", "sudo zypper install mariadb"},
	} {
		if _, err := exec.LookPath(m.program); err == nil {
			return "install one with `" + m.command + "`"
		}
	}
	return "install MariaDB 10.6 or MySQL 8.0 or newer"
}
