package main

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/identikit/identikit/internal/mysqltest"
)

// wantHealth runs identikit health and expects one line with a part on the stream of its exit code.
func wantHealth(t *testing.T, code int, part string, env []string, args ...string) {
	t.Helper()
	got, stdout, stderr := execute(t, env, append([]string{"health"}, args...)...)
	line, other := stdout, stderr
	if code != exitOK {
		line, other = stderr, stdout
	}
	if got != code || other != "" || strings.Count(line, "\n") != 1 || !strings.Contains(line, part) {
		t.Errorf("health %v with %v: got code %d\nstdout: %s\nstderr: %s", args, env, got, stdout, stderr)
	}
}

// Fails when a container is called healthy that is not, or unhealthy that is: by its settings, by an
// address, with keys, and under other names than those of ALLOWED_HOSTS.
func TestHealth(t *testing.T) {
	t.Parallel()
	url := databaseURL(mysqltest.NewDB(t))
	p := serve(t, url, "AUTH=required", "ALLOWED_HOSTS=identikit.example")
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(p.url, "http://"))
	for _, host := range []string{"127.0.0.1", "", "0.0.0.0", "localhost"} {
		wantHealth(t, exitOK, "ready", []string{url, "AUTH=required", "HOST=" + host, "PORT=" + port, "HTTP_PROXY=http://127.0.0.1:1"})
	}
	wantHealth(t, exitOK, "ready", nil, "--url", p.url)
	wantHealth(t, exitOK, "ready", nil, "--url", p.url+"/")
	if code, _, stderr := execute(t, []string{url}, "migrate", "down"); code != exitOK {
		t.Fatal(stderr)
	}
	wantHealth(t, exitFailure, "not ready: The database schema is not current. Run: identikit migrate up", nil, "--url", p.url)
	p.stop(t)
	wantHealth(t, exitFailure, "not reachable at 127.0.0.1:"+port, []string{url, "AUTH=required", "PORT=" + port})
}

// Fails when another service at the address passes for Identikit, or a service that does not answer is
// waited for.
func TestHealthOfSomethingElse(t *testing.T) {
	t.Parallel()
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Write([]byte(`{"status":"up"}`)) //nolint:errcheck // the test fails then
	}))
	defer other.Close()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	wantHealth(t, exitFailure, "may be another service", nil, "--url", other.URL)
	wantHealth(t, exitFailure, "not reachable", nil, "--url", "http://"+silent.Addr().String(), "--timeout", "200ms")
	wantHealth(t, exitUsage, "--url must be", nil, "--url", "identikit:3000")
	wantHealth(t, exitUsage, "--timeout must be", nil, "--timeout", "-1s")
	wantHealth(t, exitUsage, "unexpected argument", nil, "now")
	wantHealth(t, exitUsage, "PORT is 0", []string{"DATABASE_URL=mysql://u@h/d", "PORT=0"})
}
