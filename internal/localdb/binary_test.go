package localdb

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Fails when the error on a system without a server does not say what to install or what to set
// instead.
//
//nolint:paralleltest // it sets PATH
func TestNotInstalled(t *testing.T) {
	for manager, want := range map[string]string{
		"apt-get": "apt-get install mariadb-server-core",
		"brew":    "brew install mysql",
		"other":   "install MariaDB 10.6 or MySQL 8.0",
	} {
		path := t.TempDir()
		script(t, filepath.Join(path, manager))
		t.Setenv("PATH", path)
		_, err := choose(t.Context(), nil, version{})
		if !errors.Is(err, ErrNotInstalled) {
			t.Fatalf("got %v, want ErrNotInstalled", err)
		}
		for _, part := range []string{want, "DATABASE_URL", "IDENTIKIT_MYSQLD"} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("with %s: the error does not contain %q: %v", manager, part, err)
			}
		}
	}
}

// Fails when a program that is not a server, or an outdated server, is given data, or when the
// error does not name it.
func TestWrongBinary(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, []byte("not a program"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct{ path, want string }{
		"missing":    {filepath.Join(dir, "none"), "cannot be run"},
		"folder":     {dir, "cannot be run"},
		"text":       {text, "cannot be run"},
		"fails":      {script(t, filepath.Join(dir, "fails"), "echo cannot load libaio >&2", "exit 1"), "cannot load libaio"},
		"other":      {script(t, filepath.Join(dir, "other"), "echo 'postgres (PostgreSQL) 17.2'"), "neither MySQL's nor MariaDB's"},
		"old MySQL":  {script(t, filepath.Join(dir, "my57"), "echo 'mysqld  Ver 5.7.44 for Linux'"), "MySQL 8.0 or newer"},
		"old Maria":  {script(t, filepath.Join(dir, "ma105"), "echo 'mysqld  Ver 10.5.9-MariaDB for Linux'"), "MariaDB 10.6 or newer"},
		"wrong data": {script(t, filepath.Join(dir, "ma11"), "echo 'mariadbd  Ver 11.4.2-MariaDB for Linux'"), "the data was written by MySQL 8.4.3"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := findBinary(t.Context(), test.path, version{flavourMySQL, 8, 4, 3})
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), test.path) {
				t.Errorf("got %v, want %s and %q", err, test.path, test.want)
			}
		})
	}
}

// Fails when installing a second server stops a service whose data belongs to the first.
func TestChooseServerThatReadsData(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	candidates := []string{
		script(t, filepath.Join(dir, "a"), "exit 1"),
		script(t, filepath.Join(dir, "b"), "echo 'mysqld  Ver 9.7.4-2 for Linux on x86_64 ((Debian))'"),
		script(t, filepath.Join(dir, "c"), "echo 'mysqld  Ver 10.11.19-MariaDB-0+deb12u1 for debian-linux-gnu'"),
	}
	got := map[string]string{}
	for _, data := range []string{"MySQL 8.4.3", "MariaDB 10.11.2", "MariaDB 10.11.20"} {
		v, err := parseVersion(data)
		if err != nil {
			t.Fatal(err)
		}
		b, err := choose(t.Context(), candidates, v)
		if err != nil {
			t.Fatal(err)
		}
		got[data] = b.version.String()
	}
	want := map[string]string{
		"MySQL 8.4.3": "MySQL 9.7.4", "MariaDB 10.11.2": "MariaDB 10.11.19", "MariaDB 10.11.20": "MariaDB 10.11.19",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("chosen (-want +got):\n%s", diff)
	}
	if _, err := choose(t.Context(), candidates, version{flavourMariaDB, 11, 4, 0}); err == nil {
		t.Error("data of a newer version was accepted")
	}
}
