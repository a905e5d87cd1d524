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
	// The data need not outlive these servers, so no commit waits for a disk.
	owned, err := startOwned(ctx, kind, "--innodb-flush-log-at-trx-commit=0")
	if err != nil {
		return nil, err
	}
	return named(ctx, &server{config: owned.config(), name: owned.String(), stop: owned.stop})
}

// forcedKind returns the kind that IDENTIKIT_TEST_SERVER names, or "".
func forcedKind() (string, error) {
	kind := os.Getenv("IDENTIKIT_TEST_SERVER")
	switch kind {
	case "", kindContainer, kindLocal:
		return kind, nil
	}
	return "", fmt.Errorf("IDENTIKIT_TEST_SERVER must be %s or %s, not %q", kindContainer, kindLocal, kind)
}

// existing returns the server at url, which it neither starts nor stops.
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

// named puts the server's version before its name. If the version cannot be read, it stops the server.
func named(ctx context.Context, s *server) (*server, error) {
	pool, err := mysql.Open(s.config, 1)
	if err != nil {
		return nil, errors.Join(err, s.stop(ctx))
	}
	defer pool.Close() //nolint:errcheck // it was only queried
	version, err := mysql.Version(ctx, pool)
	if err != nil {
		return nil, errors.Join(err, s.stop(ctx))
	}
	s.name = version + " in " + s.name
	return s, nil
}

// owned is a server that this package has started.
type owned interface {
	fmt.Stringer
	config() mysql.Config
	kill(ctx context.Context) error  // without warning; it stays down
	start(ctx context.Context) error // after kill, at the same address
	stop(ctx context.Context) error  // and remove its files
}

// startOwned starts a server of the kind. If kind is empty, it uses a container if a Docker engine
// answers, and otherwise a private process.
func startOwned(ctx context.Context, kind string, args ...string) (owned, error) {
	if kind == "" {
		kind = kindLocal
		if engineAnswers(ctx) {
			kind = kindContainer
		}
	}
	// No test needs data to survive a power failure. The kernel has what a commit wrote before the
	// commit is acknowledged, so it survives when the server is killed.
	args = append([]string{fmt.Sprintf("--max-connections=%d", maxConnections), "--innodb-flush-method=nosync"}, args...)
	if kind == kindContainer {
		return startContainer(ctx, args)
	}
	return startLocal(ctx, args)
}

// awaitAnswer waits until the server answers. If ctx is done first, it returns the last error.
func awaitAnswer(ctx context.Context, config mysql.Config) error {
	pool, err := mysql.Open(config, 1)
	if err != nil {
		return err
	}
	defer pool.Close() //nolint:errcheck // it was only queried
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
