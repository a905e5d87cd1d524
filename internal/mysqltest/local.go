package mysqltest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"syscall"

	"github.com/identikit/identikit/internal/localdb"
	"github.com/identikit/identikit/internal/mysql"
)

// local is a private server in a temporary folder.
type local struct {
	options localdb.Options
	running *localdb.Server
}

func startLocal(ctx context.Context, args []string) (owned, error) {
	// Not t.TempDir: its name is too long for a socket on some systems.
	dir, err := os.MkdirTemp("", "identikit-test-*")
	if err != nil {
		return nil, err
	}
	l := &local{options: localdb.Options{
		Dir:    dir,
		Binary: os.Getenv("IDENTIKIT_MYSQLD"),
		Logger: slog.New(slog.DiscardHandler),
		Args:   args,
	}}
	if err := l.start(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("start a server for the tests: %w", err), os.RemoveAll(dir))
	}
	return l, nil
}

func (l *local) String() string { return "a private process" }

func (l *local) config() mysql.Config { return l.running.Config("") }

func (l *local) start(ctx context.Context) (err error) {
	l.running, err = localdb.Start(ctx, l.options)
	return err
}

func (l *local) kill(ctx context.Context) error {
	if err := l.running.Signal(syscall.SIGKILL); err != nil {
		return err
	}
	return l.running.Stop(ctx) // otherwise it would be started again
}

func (l *local) stop(ctx context.Context) error {
	return errors.Join(l.running.Stop(ctx), os.RemoveAll(l.options.Dir))
}
