package main

import (
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/identikit/identikit/internal/mysqltest"
)

// Catches a stop that loses lines of the access log that wait to be written.
func TestStopWritesTheLog(t *testing.T) {
	t.Parallel()
	p := serve(t, databaseURL(mysqltest.NewDB(t)))
	const requests = 50
	for range requests {
		p.get(t, "/contacts/1")
	}
	p.stop(t)
	lines := strings.Split(strings.TrimSuffix(p.stderr.String(), "\n"), "\n")
	logged := 0
	for _, line := range lines {
		if strings.Contains(line, `"msg":"request"`) {
			logged++
		}
	}
	if logged != requests {
		t.Errorf("%d of %d requests are in the log", logged, requests)
	}
	if last := lines[len(lines)-1]; !strings.Contains(last, `"msg":"stopped"`) {
		t.Errorf("the last line is %s", last)
	}
}

// Catches a warning that waits to be written: a process that is killed would never show what was
// wrong. A service on an old schema warns of each request.
func TestKillLosesNoWarning(t *testing.T) {
	t.Parallel()
	url := databaseURL(mysqltest.NewDB(t))
	if code, _, stderr := execute(t, []string{url}, "migrate", "down"); code != exitOK {
		t.Fatal(stderr)
	}
	p := serve(t, url)
	for range 20 {
		p.get(t, "/nowhere")
	}
	if status, body := p.get(t, "/readyz"); status != http.StatusServiceUnavailable {
		t.Fatalf("got %d %s", status, body)
	}
	p.signal(t, syscall.SIGKILL)
	p.wait(t)
	text := p.stderr.String()
	if n := strings.Count(text, `"status":404`); n != 20 {
		t.Errorf("%d of the 20 lines before the warning are in the log", n)
	}
	if !strings.Contains(text, `"level":"WARN","msg":"request","method":"GET","route":"/readyz"`) {
		t.Errorf("the warning is not in the log:\n%s", text)
	}
}
