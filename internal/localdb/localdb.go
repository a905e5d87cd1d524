// Package localdb runs a private MySQL or MariaDB server as a child process: the database of a
// service that was given none. It finds the server's binary, initializes a data folder, starts,
// supervises and stops the server, and leaves the server's durability as it is.
//
// Whoever reaches the server may do everything. So it listens on a unix socket only, in a folder
// that nobody but its owner can enter. The package knows no table, installs nothing and reads no
// environment.
package localdb

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/identikit/identikit/internal/mysql"
)

// ErrNotInstalled is wrapped by Start's error when no server was found. The text of that error
// says what to install on this system.
var ErrNotInstalled = errors.New("no MySQL or MariaDB server was found")

// ErrInUse is wrapped by Start's error when another process, or another Server of this one, works
// on the same folder. The text of that error names the folder and the process.
var ErrInUse = errors.New("the data folder is in use")

// user is the one account of a new server: it may do everything and has no password.
const user = "root"

// Options say where the data is and which server runs on it.
type Options struct {
	// Dir holds all there is: data/, tmp/, run/, lock, server.log, and server.pid with the process
	// id of the server. It is created where missing, and should be on a disk of this machine.
	Dir string
	// Binary is the server, or a script that execs it with all its arguments. With "" mysqld and
	// mariadbd are looked for on the PATH and in the usual folders; the first that can read the
	// data is taken.
	Binary string
	// Logger is told of restarts and of servers that were left over. Required.
	Logger *slog.Logger
	// Args are more options for the server. They stand last, so they win.
	Args []string
}

// Server is a server process, started again whenever it ends by itself. Its methods are safe for
// concurrent use.
type Server struct {
	folder *folder
	binary binary
	args   []string
	log    *slog.Logger
	socket string

	stop context.CancelFunc // ends the server
	kill context.CancelFunc // ends it at once
	done chan struct{}      // closed when neither process nor lock is left
}

// Start runs a server on the data in o.Dir and returns when it answers. An empty folder is
// initialized first, which takes a few seconds; a server that a killed service left behind in the
// folder is ended first. ctx bounds only the start; give it a deadline, since recovery after a
// crash is otherwise waited for as long as it takes.
//
// Data of the other flavour or of a newer version than the server is refused, as is a folder that
// holds something else. When the server does not come up, the error has the last errors of its
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
	// Start's ctx ends with the start, so these are of the server's own.
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

// Config is for the named database of this server; "" selects none. It stays right when the
// server is started again.
func (s *Server) Config(database string) mysql.Config {
	return mysql.SocketConfig(s.socket, user, database)
}

// Dir is the absolute path of the folder.
func (s *Server) Dir() string { return s.folder.dir }

// Stop ends the server cleanly and gives up the folder. When ctx ends first the server is killed
// and the error wraps ctx's: nothing committed is lost, but the next start has to recover. It
// returns only when the process is gone; more calls do no harm.
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
