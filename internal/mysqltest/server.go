package mysqltest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/identikit/identikit/internal/mysql"
)

// The kinds of servers that IDENTIKIT_TEST_SERVER names.
const (
	kindContainer = "container"
	kindLocal     = "localdb"
)

// server is a running server.
type server struct {
	config mysql.Config // may create databases; selects none
	name   string       // such as "MySQL 8.4.3 in a container of mysql:8.4"
	stop   func(context.Context) error
}

// startShared starts or finds the server that the package comment describes.
func startShared(ctx context.Context) (*server, error) {
	kind, err := forcedKind()
	if err != nil {
		return nil, err
	}
	url := os.Getenv("TEST_DATABASE_URL")
	if kind == "" && url != "" {
		return existing(ctx, url)
	}
	// What is on these servers need not outlive them: no commit waits for a disk.
	owned, err := startOwned(ctx, kind, "--innodb-flush-log-at-trx-commit=0")
	if err != nil {
		return nil, err
	}
	return named(ctx, &server{config: owned.config(), name: owned.String(), stop: owned.stop})
}

// forcedKind is the kind that the environment asks for, or "".
func forcedKind() (string, error) {
	kind := os.Getenv("IDENTIKIT_TEST_SERVER")
	switch kind {
	case "", kindContainer, kindLocal:
		return kind, nil
	}
	return "", fmt.Errorf("IDENTIKIT_TEST_SERVER must be %s or %s, not %q", kindContainer, kindLocal, kind)
}

// existing is a server that somebody else runs.
func existing(ctx context.Context, url string) (*server, error) {
	config, err := mysql.ParseURL(url)
	if err != nil {
		return nil, fmt.Errorf("TEST_DATABASE_URL %w", err)
	}
	nothing := func(context.Context) error { return nil }
	s, err := named(ctx, &server{config: config.WithDatabase(""), name: "the server of TEST_DATABASE_URL", stop: nothing})
	if err != nil {
		return nil, fmt.Errorf("TEST_DATABASE_URL: %w", err)
	}
	return s, nil
}

// named puts the server's version before its name. A server that does not tell it is stopped.
func named(ctx context.Context, s *server) (*server, error) {
	pool, err := mysql.Open(s.config, 1)
	if err != nil {
		return nil, errors.Join(err, s.stop(ctx))
	}
	defer pool.Close() //nolint:errcheck // only asked
	version, err := mysql.Version(ctx, pool)
	if err != nil {
		return nil, errors.Join(err, s.stop(ctx))
	}
	s.name = version + " in " + s.name
	return s, nil
}

// owned is a server that was started here.
type owned interface {
	fmt.Stringer
	config() mysql.Config
	kill(ctx context.Context) error  // without warning; it stays down
	start(ctx context.Context) error // after kill, at the same address
	stop(ctx context.Context) error  // and remove all that is left of it
}

// startOwned starts a server of the kind, or of the one that is to be had.
func startOwned(ctx context.Context, kind string, args ...string) (owned, error) {
	if kind == "" {
		kind = kindLocal
		if engineAnswers(ctx) {
			kind = kindContainer
		}
	}
	// Nothing in a test outlives a loss of power. What a commit wrote is with the kernel all the
	// same before it is acknowledged, and so outlives the server's being killed.
	args = append(args, fmt.Sprintf("--max-connections=%d", maxConnections), "--innodb-flush-method=nosync")
	if kind == kindContainer {
		return startContainer(ctx, args)
	}
	return startLocal(ctx, args)
}

// awaitAnswer returns when the server answers, or with the last answer when ctx ends.
func awaitAnswer(ctx context.Context, config mysql.Config) error {
	pool, err := mysql.Open(config, 1)
	if err != nil {
		return err
	}
	defer pool.Close() //nolint:errcheck // only asked
	for {
		err := pool.PingContext(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}
