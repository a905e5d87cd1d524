package mysqltest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/log"
	"github.com/testcontainers/testcontainers-go/wait"

	"github.com/identikit/identikit/internal/mysql"
)

const (
	defaultImage  = "mysql:8.4"
	engineTimeout = 5 * time.Second
	serverPort    = "3306/tcp"
	rootPassword  = "test"
)

// containerServer is a server in a Docker container.
type containerServer struct {
	image     string
	container *testcontainers.DockerContainer // nil if it could not be created
	root      mysql.Config
}

// engineAnswers reports whether a Docker engine answers.
func engineAnswers(ctx context.Context) (answers bool) {
	// testcontainers panics if it finds no engine.
	defer func() {
		if recover() != nil {
			answers = false
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, engineTimeout)
	defer cancel()
	engine, err := testcontainers.NewDockerProvider(testcontainers.WithLogger(log.NewNoopLogger()))
	if err != nil {
		return false
	}
	defer engine.Close() //nolint:errcheck // it was only queried
	return engine.Health(ctx) == nil
}

// startContainer runs an image of MySQL or MariaDB: both accept the MYSQL_ variables, and log
// "port: 3306" only when they are ready. testcontainers' module for MySQL waits for a text that only
// MySQL logs.
func startContainer(ctx context.Context, args []string) (owned, error) {
	c := &containerServer{image: os.Getenv("MYSQL_IMAGE")}
	if c.image == "" {
		c.image = defaultImage
	}
	port, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	c.container, err = testcontainers.Run(ctx, c.image,
		testcontainers.WithLogger(log.NewNoopLogger()),
		testcontainers.WithEnv(map[string]string{"MYSQL_ROOT_PASSWORD": rootPassword}),
		testcontainers.WithCmd(append([]string{"--skip-log-bin", "--performance-schema=OFF", "--skip-name-resolve"}, args...)...),
		testcontainers.WithExposedPorts(serverPort),
		testcontainers.WithHostConfigModifier(func(h *container.HostConfig) {
			// The engine would choose another port at every start.
			h.PortBindings = network.PortMap{network.MustParsePort(serverPort): {{HostPort: port}}}
		}),
		testcontainers.WithConfigModifier(func(c *container.Config) {
			c.StopSignal = "SIGKILL" // see kill
		}),
		testcontainers.WithWaitStrategyAndDeadline(startTimeout, wait.ForLog("port: 3306  ")),
	)
	if err != nil {
		return nil, fmt.Errorf("a Docker engine answers, but a container of %s does not start: set MYSQL_IMAGE to another image, "+
			"or IDENTIKIT_TEST_SERVER=%s for a server without Docker, or TEST_DATABASE_URL to a server "+
			"(or TESTCONTAINERS_RYUK_DISABLED=true where only testcontainers' own image is not to be had): %w",
			c.image, kindLocal, errors.Join(err, c.discard()))
	}
	if err := c.connect(ctx); err != nil {
		return nil, fmt.Errorf("reach the server in a container of %s: %w", c.image, errors.Join(err, c.discard()))
	}
	return c, nil
}

// connect finds out the server's address and waits until it answers.
func (c *containerServer) connect(ctx context.Context) error {
	address, err := c.container.PortEndpoint(ctx, serverPort, "")
	if err != nil {
		return err
	}
	root, err := mysql.ParseURL(fmt.Sprintf("mysql://root:%s@%s/mysql", rootPassword, address))
	if err != nil {
		return err
	}
	c.root = root.WithDatabase("")
	return awaitAnswer(ctx, c.root)
}

// discard removes the container even if the context of its start is done.
func (c *containerServer) discard() error {
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	return c.stop(ctx)
}

func (c *containerServer) String() string { return "a container of " + c.image }

func (c *containerServer) config() mysql.Config { return c.root }

func (c *containerServer) start(ctx context.Context) error {
	if err := c.container.Start(ctx); err != nil {
		return err
	}
	return awaitAnswer(ctx, c.root) // the log still has "port: 3306" from the last start
}

// kill sends SIGKILL, which is the stop signal of these containers.
func (c *containerServer) kill(ctx context.Context) error {
	return c.container.Stop(ctx, nil)
}

func (c *containerServer) stop(ctx context.Context) error {
	return c.container.Terminate(ctx) // does nothing without a container
}

// freePort returns a port on which nothing listens.
func freePort(ctx context.Context) (string, error) {
	var listen net.ListenConfig
	l, err := listen.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close() //nolint:errcheck // never used
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}
