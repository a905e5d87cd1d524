package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/identikit/identikit/internal/mysqltest"
)

// asIdentikit makes the test binary act as identikit, so that tests can run the program in its own
// process.
const asIdentikit = "IDENTIKIT_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asIdentikit) != "" {
		main()
		return
	}
	mysqltest.Main(m)
}

// Values of these tests have this domain and this prefix, so that every test can search the output
// for them. The prefix is longer than the digits of a time in the log.
const (
	domain = "customer.example"
	prefix = "99008877665544"
)

// program is a run of identikit.
type program struct {
	cmd            *exec.Cmd
	stdout, stderr *output
	exited         chan struct{}
	url            string // of a service, without a trailing slash
}

// start runs identikit in dir with the environment env and the settings for finding a database
// server. When the test ends, the process is killed if it is still running, and its output is
// searched for values.
func start(t *testing.T, dir string, env []string, args ...string) *program {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &program{cmd: exec.Command(self, args...), stdout: &output{}, stderr: &output{}, exited: make(chan struct{})}
	p.cmd.Dir = dir
	p.cmd.Env = append([]string{
		asIdentikit + "=1", "PATH=" + os.Getenv("PATH"), "IDENTIKIT_MYSQLD=" + os.Getenv("IDENTIKIT_MYSQLD"),
	}, env...)
	p.cmd.Stdout, p.cmd.Stderr = p.stdout, p.stderr
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.cmd.Wait() // see ProcessState
		close(p.exited)
	}()
	t.Cleanup(func() {
		p.signal(t, syscall.SIGKILL)
		<-p.exited
		if p.stdout.hasValue() || p.stderr.hasValue() {
			t.Errorf("a value was printed:\n%s", p.output())
		}
		for _, difference := range differences(p.url) {
			t.Error(difference)
		}
		if t.Failed() {
			t.Logf("identikit %s printed:\n%s", strings.Join(args, " "), p.output())
		}
	})
	return p
}

// execute runs identikit in an empty folder until it ends.
func execute(t *testing.T, env []string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	p := start(t, t.TempDir(), env, args...)
	return p.wait(t), p.stdout.String(), p.stderr.String()
}

// serve starts a service on a free port and waits until it answers. settings override its own.
func serve(t *testing.T, settings ...string) *program {
	t.Helper()
	return serveIn(t, t.TempDir(), append([]string{"HOST=127.0.0.1", "PORT=0"}, settings...))
}

// serveIn is serve in a folder, with all settings.
func serveIn(t *testing.T, dir string, settings []string) *program {
	t.Helper()
	p := start(t, dir, settings, "serve")
	address := regexp.MustCompile(`"msg":"serving","address":"([^"]+)"`)
	eventually(t, "the service starts", func() error {
		if p.ended() {
			t.Fatalf("it ended with code %d", p.cmd.ProcessState.ExitCode())
		}
		found := address.FindStringSubmatch(p.stderr.String())
		if found == nil {
			return errors.New("no address in the log")
		}
		p.url = "http://" + found[1]
		differences(p.url) // of an OPS_ADDR that had this address before
		return nil
	})
	return p
}

func (p *program) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Error(err)
	}
}

func (p *program) ended() bool {
	select {
	case <-p.exited:
		return true
	default:
		return false
	}
}

// wait returns the exit code, or -1 if a signal ended the program.
func (p *program) wait(t *testing.T) int {
	t.Helper()
	select {
	case <-p.exited:
		return p.cmd.ProcessState.ExitCode()
	case <-time.After(time.Minute):
		t.Fatalf("identikit does not end; it printed:\n%s", p.output())
		return -1
	}
}

// stop asks the service to stop and expects a clean exit.
func (p *program) stop(t *testing.T) {
	t.Helper()
	p.signal(t, syscall.SIGTERM)
	if code := p.wait(t); code != exitOK {
		t.Errorf("stopped with code %d", code)
	}
}

func (p *program) output() string { return p.stdout.String() + p.stderr.String() }

// reply is an answer that was read completely.
type reply struct {
	status int
	header http.Header
	body   string
}

// identify posts body to /identify.
func (p *program) identify(body string) (reply, error) {
	return send(http.MethodPost, p.url+"/identify", "application/json", body)
}

// mustIdentify expects a 200 and returns the answer.
func (p *program) mustIdentify(t *testing.T, body string) string {
	t.Helper()
	r, err := p.identify(body)
	if err != nil {
		t.Fatal(err)
	}
	if r.status != http.StatusOK {
		t.Fatalf("%s: got %d %s", body, r.status, r.body)
	}
	return r.body
}

func send(method, url, kind, body string) (reply, error) {
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	r.Header.Set("Content-Type", kind)
	return do(r)
}

func do(r *http.Request) (reply, error) {
	answer, err := client().Do(r)
	if err != nil {
		return reply{}, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return reply{answer.StatusCode, answer.Header, string(text)}, err
}

// get returns the status and the body of a GET.
func (p *program) get(t *testing.T, path string) (int, string) {
	t.Helper()
	r, err := send(http.MethodGet, p.url+path, "", "")
	if err != nil {
		t.Fatal(err)
	}
	return r.status, r.body
}

// eventually fails the test if try does not return nil within a minute.
func eventually(t *testing.T, what string, try func() error) {
	t.Helper()
	var err error
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if err = try(); err == nil {
			return
		}
	}
	t.Fatalf("%s: not within a minute: %v", what, err)
}

// output is a buffer that can be read while a program writes to it. Of a long text it keeps the end, and
// whether there was a value in the rest.
type output struct {
	mu    sync.Mutex
	text  bytes.Buffer
	value bool
}

func (o *output) Write(b []byte) (int, error) {
	const most, kept = 8 << 20, 1 << 20
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.text.Len() > most {
		if o.value = o.value || containsValue(o.text.Bytes()); o.value {
			return len(b), nil // the text shows it
		}
		o.text.Next(o.text.Len() - kept)
	}
	return o.text.Write(b)
}

func (o *output) hasValue() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.value || containsValue(o.text.Bytes())
}

func containsValue(text []byte) bool {
	return bytes.Contains(text, []byte(domain)) || bytes.Contains(text, []byte(prefix))
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// pair is a request with the nth pair of values of a test.
func pair(n int) string {
	return fmt.Sprintf(`{"email":"%s","phoneNumber":"%s"}`, email(n), phone(n))
}

func email(n int) string { return fmt.Sprintf("c%d@%s", n, domain) }

func phone(n int) string { return fmt.Sprintf("%s%04d", prefix, n) }

// databaseURL is the setting for the test's database.
func databaseURL(db *mysqltest.DB) string { return "DATABASE_URL=" + db.URL() }
