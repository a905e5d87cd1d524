package main

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/identikit/identikit/internal/mysqltest"
)

// Fails when what is for operators is reachable from outside, when it asks for a key, when the API is reachable
// through it, or when something that another package adds to http.DefaultServeMux is.
func TestOpsAddress(t *testing.T) {
	t.Parallel()
	w := serveWatched(t, databaseURL(mysqltest.NewDB(t)), "AUTH=required", "ADMIN_KEY="+adminKey)
	for _, c := range []struct {
		method, url, path string
		status            int
		part              string
	}{
		{"GET", w.ops, "/metrics", 200, "identikit_ready 1"},
		{"GET", w.ops, "/healthz", 200, "ok"},
		{"GET", w.ops, "/readyz", 200, "ready"},
		{"HEAD", w.ops, "/readyz", 200, ""},
		{"GET", w.ops, "/debug/pprof/", 200, "goroutine"},
		{"GET", w.ops, "/debug/pprof/heap", 200, ""},
		{"GET", w.ops, "/debug/pprof/cmdline", 200, "serve"},
		{"GET", w.ops, "/debug/pprof/symbol", 200, "num_symbols"},
		{"GET", w.ops, "/debug/pprof/trace?seconds=0.01", 200, ""},
		{"GET", w.ops, "/debug/pprof/profile?seconds=1", 200, ""},
		{"GET", w.ops, "/debug/vars", 404, ""},
		{"GET", w.ops, "/", 404, ""},
		{"GET", w.ops, "/contacts/1", 404, ""},
		{"POST", w.ops, "/identify", 404, ""},
		{"POST", w.ops, "/metrics", 405, ""},
		{"GET", w.url, "/metrics", 404, "There is nothing at this path"},
		{"GET", w.url, "/debug/pprof/", 404, "There is nothing at this path"},
		{"GET", w.url, "/debug/pprof/heap", 404, "There is nothing at this path"},
	} {
		r, err := send(c.method, c.url+c.path, "", "")
		if err != nil || r.status != c.status || !strings.Contains(r.body, c.part) {
			t.Errorf("%s %s: %v %d %.300s", c.method, strings.Replace(c.url, w.ops, "ops", 1)+c.path, err, r.status, r.body)
		}
	}
	w.stop(t)
}

// Fails when a profile that is being taken holds up the end of the service, or when the address still answers
// after it.
func TestOpsAddressStops(t *testing.T) {
	t.Parallel()
	w := serveWatched(t, databaseURL(mysqltest.NewDB(t)))
	connection, err := net.Dial("tcp", strings.TrimPrefix(w.ops, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	fmt.Fprint(connection, "GET /debug/pprof/profile?seconds=100 HTTP/1.1\r\nHost: ops\r\n\r\n")
	for range 3 { // by then the profile has begun
		w.metrics(t)
	}
	w.stop(t)
	if r, err := send(http.MethodGet, w.ops+"/metrics", "", ""); err == nil {
		t.Errorf("after the end: %d %s", r.status, r.body)
	}
}

// Fails when a wrong OPS_ADDR is accepted, or a port in use is found only after the database has started.
func TestWrongOpsAddress(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	const form, same = "it must be host:port", "it must be another address than that of HOST and PORT"
	for _, c := range []struct {
		settings, part string
		code           int
	}{
		{"OPS_ADDR=9090", form, exitUsage},
		{"OPS_ADDR=127.0.0.1:http", form, exitUsage},
		{"OPS_ADDR=127.0.0.1:70000", form, exitUsage},
		{"OPS_ADDR=127.0.0.1:+90", form, exitUsage},
		{"OPS_ADDR=127.0.0.1:3000", same, exitUsage},
		{"OPS_ADDR=:3000", same, exitUsage},
		{"OPS_ADDR=10.0.0.1:80 HOST=0.0.0.0 PORT=80", same, exitUsage},
		{"OPS_ADDR=[::]:80 HOST=10.0.0.1 PORT=80", same, exitUsage},
		{"OPS_ADDR=" + taken.Addr().String() + " HOST=127.0.0.1 PORT=0", "address already in use; set OPS_ADDR", exitFailure},
	} {
		env := append(strings.Fields(c.settings), "HOME="+t.TempDir())
		code, _, stderr := execute(t, env, "serve")
		if code != c.code || !strings.Contains(stderr, c.part) || strings.Contains(stderr, "database") {
			t.Errorf("%s: code %d: %s", c.settings, code, stderr)
		}
	}
}
