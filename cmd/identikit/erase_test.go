package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/identikit/identikit/internal/mysqltest"
)

// Fails when the key does not reach the service or an import, so that what was erased comes back,
// or when it is printed.
func TestErasedStaysOut(t *testing.T) {
	t.Parallel()
	const key = "ERASURE_KEY=hunter2-hunter2-hunter2-hunter2-hunter2"
	url := databaseURL(mysqltest.NewDB(t))
	p := serve(t, url, key, "LOG_LEVEL=debug")
	first := id(t, p.mustIdentify(t, pair(1)))
	p.mustIdentify(t, fmt.Sprintf(`{"email":%q,"phoneNumber":%q}`, email(1), phone(2)))
	path := fmt.Sprintf("%s/contacts/%d?suppress=true", p.url, first)
	for _, step := range []struct {
		path, part string
		status     int
	}{
		{path + "&dryRun=true", `"tombstone":true`, http.StatusOK},
		{path, `"removed":{"observations":2,"refusals":0,"separations":0,"blocks":0}`, http.StatusOK},
		{path, `"removed":{"observations":2,"refusals":0,"separations":0,"blocks":0}`, http.StatusOK}, // the same receipt
		{path + "&dryRun=true", "was erased at 2", http.StatusGone},
	} {
		r, err := send(http.MethodDelete, step.path, "", "")
		if err != nil || r.status != step.status || !strings.Contains(r.body, step.part) {
			t.Errorf("%s: got %d %s, %v; want %d and %s", step.path, r.status, r.body, err, step.status, step.part)
		}
		t.Log(r.body)
	}
	r, err := p.identify(pair(1))
	if err != nil {
		t.Fatal(err)
	}
	wantProblem(t, "identify", r, http.StatusUnprocessableEntity, "email", "erased for good")
	answer := p.mustIdentify(t, fmt.Sprintf(`{"email":%q,"phoneNumber":%q}`, email(1), phone(2)))
	if !strings.Contains(answer, `"refused":[{"code":"erased","field":"email","detail":"`) || !json.Valid([]byte(answer)) {
		t.Errorf("got %s", answer)
	}
	p.stop(t)
	file := filepath.Join(t.TempDir(), "old.csv")
	write(t, file, "email,phone\n"+email(1)+","+phone(1)+"\n")
	code, stdout, stderr := execute(t, []string{url, key}, "import", file)
	if code != exitOK || !strings.Contains(stdout, "1 had a value that was erased for good") {
		t.Errorf("import: code %d, %s%s", code, stdout, stderr)
	}
	if text := p.output() + stdout + stderr; strings.Contains(text, "hunter2") {
		t.Errorf("the key was printed:\n%s", text)
	}
}
