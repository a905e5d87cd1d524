package localdb

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// serverCommand runs the server on the folder's data. All other settings keep the server's
// defaults, above all that every commit is on disk before it is acknowledged.
func (s *Server) serverCommand(log io.Writer) *exec.Cmd {
	args := slices.Concat(s.commonArgs(), []string{
		"--datadir=" + s.folder.data(),
		"--socket=" + s.socket,
		"--skip-networking",
		"--skip-name-resolve",
		"--skip-log-bin", // nothing reads the binary log, and it doubles the writes
		"--character-set-server=utf8mb4",
		"--default-time-zone=+00:00",
		"--local-infile=OFF",
	})
	if s.binary.version.flavour == flavourMySQL {
		args = append(args, "--mysqlx=OFF") // a second protocol on another port
	} else {
		args = append(args, "--log-warnings=1") // by default every broken connection is logged
	}
	return s.command(log, s.folder.temp(), s.binary.path, append(args, s.args...))
}

// initCommand creates the data of a new server, with its only account, in work/data.
func (s *Server) initCommand(log io.Writer, work string) (*exec.Cmd, error) {
	args := append(s.commonArgs(), "--datadir="+filepath.Join(work, "data"))
	if s.binary.version.flavour == flavourMySQL {
		args = append(args, "--initialize-insecure")
		return s.command(log, work, s.binary.path, append(args, s.args...)), nil
	}
	script, err := findInstaller(s.binary.path)
	if err != nil {
		return nil, err
	}
	args = append(args, "--auth-root-authentication-method=normal", "--skip-test-db",
		"--force") // does not look this host up in the DNS
	return s.command(log, work, script, append(args, s.args...)), nil
}

// commonArgs are the first arguments of every command. --no-defaults must be the very first.
func (s *Server) commonArgs() []string {
	args := []string{"--no-defaults", "--performance-schema=OFF"} // it takes about 200 MB
	if os.Geteuid() == 0 {
		// Servers refuse to run as root without this option. It is in the short form, because
		// MariaDB's installer would interpret --user itself and give system files to that user.
		args = append(args, "-uroot")
	}
	if s.binary.version.flavour == flavourMySQL {
		// The folder that packages compile in may not exist, and MySQL would not start.
		args = append(args, "--secure-file-priv=NULL")
	}
	return args
}

// command runs a program with a folder for temporary files. Each server needs its own: MariaDB
// removes all temporary tables that it finds there when it starts. It is passed in the environment,
// because MariaDB's installer cannot pass on an option with blanks.
func (s *Server) command(log io.Writer, temp, path string, args []string) *exec.Cmd {
	cmd := exec.Command(path, args...) //nolint:noctx // it outlives the context of its start
	cmd.Dir = s.folder.dir
	cmd.Env = append(cmd.Environ(), "TMPDIR="+temp)
	cmd.Stdout, cmd.Stderr = log, log
	return cmd
}

// findInstaller returns the script that initializes MariaDB: the one beside the server, or where
// its packages install it, or on the PATH.
func findInstaller(server string) (string, error) {
	places := []string{filepath.Dir(server)}
	if target, err := filepath.EvalSymlinks(server); err == nil {
		places = append(places, filepath.Dir(target))
	}
	for _, place := range slices.Clone(places) {
		places = append(places, filepath.Join(place, "../bin"), filepath.Join(place, "../scripts"))
	}
	places = append(places, "") // the PATH
	for _, name := range []string{"mariadb-install-db", "mysql_install_db"} {
		for _, place := range places {
			if path, err := exec.LookPath(filepath.Join(place, name)); err == nil {
				return path, nil
			}
		}
	}
	return "", fmt.Errorf("mariadb-install-db was not found beside %s or on the PATH; %s", server, installHint())
}
