// Package localdb runs a private MySQL or MariaDB server as a child process, for a service without
// a configured database. It finds the server's program, initializes a data folder, starts,
// supervises and stops the server, and does not change the server's durability.
//
// A client of the server has all rights. The server therefore listens on a unix socket only, in a
// folder that only its owner can enter. The package does not know any table, installs nothing and
// does not read the environment.
package localdb

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"

	"github.com/identikit/identikit/internal/mysql"
)

// ErrNotInstalled is wrapped by Start's error if no server was found. The text of that error says
// what to install.
var ErrNotInstalled = errors.New("no MySQL or MariaDB server was found")

// ErrInUse is wrapped by Start's error if another process, or another Server of this one, uses the
// same folder. The text of that error names the folder and the process.
var ErrInUse = errors.New("the data folder is in use")

// user is the only account of a new server. It has all rights and no password.
const user = "root"

// Options configures a server.
type Options struct {
	// Dir contains everything: data/, tmp/, run/, lock, server.log, and server.pid with the process
	// id of the server. It is created if it is missing. It should be on a local disk.
	Dir string
	// Binary is the server, or a script that execs it with all its arguments. If it is "", mysqld
	// and mariadbd are searched for on the PATH and in the usual folders, and the first that can
	// read the data is used.
	Binary string
	// Logger receives restarts and servers that were left over. Required.
	Logger *slog.Logger
	// Args are additional options for the server. They come last and override others.
	Args []string
}

// Server is a server process that is restarted whenever it ends by itself. Its methods are safe for
// concurrent use.
type Server struct {
	folder *folder
	binary binary
	args   []string
	log    *slog.Logger
	socket string

	stop context.CancelFunc // ends the server
	kill context.CancelFunc // kills it
	done chan struct{}      // closed when the process has ended and the lock is released
}

// Start runs a server on the data in o.Dir and returns when it answers. It initializes an empty
// folder first, which takes a few seconds, and ends a server that a killed service left behind in
// the folder. ctx limits only the start. Give it a deadline: the recovery after a crash may take
// any time.
//
// Data of the other kind of server or of a newer version is refused, and so is a folder that
// contains something else. If the server does not start, the error quotes the last errors of its
// log.
func Start(ctx context.Context, o Options) (*Server, error) {
	f, err := openFolder(o.Dir)
	if err != nil {
		return nil, err
	}
	s, err := start(ctx, f, o)
	if err != nil {
		f.unlock()
		return nil, err
	}
	return s, nil
}

func start(ctx context.Context, f *folder, o Options) (*Server, error) {
	written, err := f.writtenBy()
	if err != nil {
		return nil, err
	}
	bin, err := findBinary(ctx, o.Binary, written)
	if err != nil {
		return nil, err
	}
	socket, err := f.socket()
	if err != nil {
		return nil, err
	}
	s := &Server{folder: f, binary: bin, args: o.Args, log: o.Logger, socket: socket, done: make(chan struct{})}
	if err := f.removeUnfinished(ctx); err != nil {
		return nil, fmt.Errorf("remove an unfinished initialization: %w", err)
	}
	if written == (version{}) {
		if err := s.initialize(ctx); err != nil {
			return nil, fmt.Errorf("initialize the database in %s: %w", f.dir, err)
		}
	}
	// The ctx of Start ends with the start, so the server has its own contexts.
	stopping, stop := context.WithCancel(context.Background())
	killing, kill := context.WithCancel(context.Background())
	s.stop, s.kill = stop, kill
	p, err := s.launch(ctx, killing)
	if err != nil {
		return nil, fmt.Errorf("start the database in %s: %w", f.dir, err)
	}
	if err := f.setWrittenBy(bin.version); err != nil {
		p.end(killed())
		return nil, err
	}
	go s.supervise(stopping, killing, p)
	return s, nil
}

// Running returns the config for a database of the server that another process runs on the data in a folder,
// after Start returned ErrInUse for it. It does not connect. The other process may stop the server at any time.
func Running(dir, database string) (mysql.Config, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return mysql.Config{}, fmt.Errorf("data folder: %w", err)
	}
	socket, err := (&folder{dir: dir}).socket()
	return mysql.SocketConfig(socket, user, database), err
}

// Config returns the config for a database of this server, or for none if database is "". It stays
// valid when the server is restarted.
func (s *Server) Config(database string) mysql.Config {
	return mysql.SocketConfig(s.socket, user, database)
}

// Dir returns the absolute path of the folder.
func (s *Server) Dir() string { return s.folder.dir }

// Stop shuts the server down cleanly and releases the folder. If ctx ends first, the server is
// killed and the error wraps that of ctx: nothing committed is lost, but the next start has to
// recover. Stop returns when the process has ended. It may be called again.
func (s *Server) Stop(ctx context.Context) error {
	s.stop()
	select {
	case <-s.done:
		return nil
	case <-ctx.Done():
	}
	s.kill()
	<-s.done
	return fmt.Errorf("the database server in %s did not stop in time and was killed: %w", s.folder.dir, ctx.Err())
}
