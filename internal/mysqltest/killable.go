package mysqltest

import (
	"context"
	"testing"

	"github.com/identikit/identikit/internal/mysql"
)

// Server is a server that only one test uses, and may kill. Unlike the shared one it loses nothing
// that it has acknowledged. It is a container or a private process like the shared one. If that is the
// server of TEST_DATABASE_URL, it is a container if a Docker engine answers, and otherwise a private
// process.
type Server struct {
	owned owned
}

// NewServer starts a server, with additional options, which override others. It is removed when the test ends.
func NewServer(t testing.TB, options ...string) *Server {
	t.Helper()
	kind, err := forcedKind()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), startTimeout)
	defer cancel()
	s, err := startOwned(ctx, kind, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
		defer cancel()
		if err := s.stop(ctx); err != nil {
			t.Errorf("remove the test's server: %v", err)
		}
	})
	return &Server{owned: s}
}

// NewDB creates a database on the server and migrates it.
func (s *Server) NewDB(t testing.TB) *DB {
	t.Helper()
	return createDB(t, s.Config(), newName())
}

// Config returns how to connect to the server. It stays valid when the server is killed and started
// again, and selects no database.
func (s *Server) Config() mysql.Config { return s.owned.config() }

// Kill ends the server as kill -9 does. It is down until Start.
func (s *Server) Kill(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), stopTimeout)
	defer cancel()
	if err := s.owned.kill(ctx); err != nil {
		t.Fatalf("kill the server: %v", err)
	}
}

// Start starts a killed server again and returns when it answers.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), startTimeout)
	defer cancel()
	if err := s.owned.start(ctx); err != nil {
		t.Fatalf("start the killed server again: %v", err)
	}
}
