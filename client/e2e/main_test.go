package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/identikit/identikit/client"
)

const adminKey = "a-secret-of-at-least-thirty-two-bytes"

// suite is what all tests share.
type suite struct {
	folder string
	binary string
	shared *service
}

var all suite //nolint:gochecknoglobals // TestMain has no other way to tell the tests

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (int, error) {
	folder, err := os.MkdirTemp("", "identikit-e2e-") // t.TempDir is too long for a unix socket
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(folder) //nolint:errcheck // a temporary folder
	all.folder, all.binary = folder, filepath.Join(folder, "identikit")
	build := exec.Command("go", "build", "-o", all.binary, "./cmd/identikit")
	build.Dir, build.Stderr = filepath.Join("..", ".."), os.Stderr
	if err := build.Run(); err != nil {
		return 1, fmt.Errorf("go build: %w", err)
	}
	if all.shared, err = start("shared"); err != nil {
		return 1, err
	}
	defer all.shared.stop() //nolint:errcheck // the tests have ended
	return m.Run(), nil
}

// service is a process of identikit with its own database.
type service struct {
	url      string
	settings []string
	cmd      *exec.Cmd
	log      *output
}

// start starts a service on a private database server, whose data is in a folder of this name. Settings override
// those of the service.
func start(name string, settings ...string) (*service, error) {
	s := &service{settings: append([]string{
		"HOST=127.0.0.1", "PORT=0", "AUTH=required", "ADMIN_KEY=" + adminKey, "IDENTIKIT_DATA=" + filepath.Join(all.folder, name),
		"IDENTIKIT_MYSQLD=" + os.Getenv("IDENTIKIT_MYSQLD"), "PATH=" + os.Getenv("PATH"),
		"ERASURE_KEY=MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", "MAX_EMAILS_PER_PHONE=2",
	}, settings...)}
	return s, s.begin()
}

// replicated starts a service whose database is that of the service called name, and whose replica is the same.
func replicated(name string) (*service, error) {
	sockets, err := filepath.Glob(filepath.Join(all.folder, name, "run", "*.sock"))
	if err != nil || len(sockets) != 1 {
		return nil, fmt.Errorf("the database of %s has the sockets %q: %w", name, sockets, err)
	}
	url := "mysql://root@localhost/identikit?socket=" + sockets[0]
	return start("replicated", "DATABASE_URL="+url, "DATABASE_READ_URL="+url)
}

// begin starts the process, again on the same port if it ran before.
func (s *service) begin() error {
	s.cmd, s.log = exec.Command(all.binary, "serve"), &output{}
	s.cmd.Dir, s.cmd.Env, s.cmd.Stdout, s.cmd.Stderr = all.folder, s.settings, s.log, s.log
	if err := s.cmd.Start(); err != nil {
		return err
	}
	address := regexp.MustCompile(`"msg":"serving","address":"(127\.0\.0\.1:(\d+))"`)
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if found := address.FindStringSubmatch(s.log.String()); found != nil {
			s.url = "http://" + found[1]
			s.settings = append(s.settings, "PORT="+found[2])
			return nil
		}
	}
	return errors.Join(fmt.Errorf("the service does not start; it printed:\n%s", s.log), s.stop())
}

func (s *service) stop() error {
	err := s.cmd.Process.Signal(syscall.SIGTERM)
	return errors.Join(err, s.cmd.Wait())
}

// newClient returns a client of the service at url with all rights.
func newClient(t *testing.T, url string, o client.Options) *client.Client {
	t.Helper()
	if o.Key == "" {
		o.Key = adminKey
	}
	c, err := client.New(url, o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// must returns the result of a call that must succeed: must(c.Contact(ctx, 1))(t).
func must[T any](result T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return result
	}
}

// output is a buffer that can be read while a process writes to it.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
