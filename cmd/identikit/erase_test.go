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

// Fails when the service or an import does not use the key, so that an erased value comes back, or
// when the key is printed.
func TestSuppressedValueStaysErased(t *testing.T) {
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
	wantProblem(t, "identify", r, http.StatusUnprocessableEntity, "email", "permanently erased")
	answer := p.mustIdentify(t, fmt.Sprintf(`{"email":%q,"phoneNumber":%q}`, email(1), phone(2)))
	if !strings.Contains(answer, `"refused":[{"code":"erased","field":"email","detail":"`) || !json.Valid([]byte(answer)) {
		t.Errorf("got %s", answer)
	}
	p.stop(t)
	file := filepath.Join(t.TempDir(), "old.csv")
	write(t, file, "email,phone\n"+email(1)+","+phone(1)+"\n")
	code, stdout, stderr := execute(t, []string{url, key}, "import", file)
	if code != exitOK || !strings.Contains(stdout, "1 had a permanently erased value") {
		t.Errorf("import: code %d, %s%s", code, stdout, stderr)
	}
	if text := p.output() + stdout + stderr; strings.Contains(text, "hunter2") {
		t.Errorf("the key was printed:\n%s", text)
	}
}

// Fails when suppressions cannot be listed or lifted, when a list shows a value or a digest, when a
// changed key lets a value in, or when there is no warning about a missing key.
func TestSuppressions(t *testing.T) {
	t.Parallel()
	const older, newer = "hunter2-hunter2-hunter2-hunter2-hunter2", "hunter3-hunter3-hunter3-hunter3-hunter3"
	url := databaseURL(mysqltest.NewDB(t))
	p := serve(t, url, "ERASURE_KEY="+older)
	first := id(t, p.mustIdentify(t, pair(1)))
	if r, err := send(http.MethodDelete, fmt.Sprintf("%s/contacts/%d?suppress=true", p.url, first), "", ""); err != nil || r.status != http.StatusOK {
		t.Fatalf("%+v, %v", r, err)
	}
	p.stop(t)

	p = serve(t, url, "ERASURE_KEY="+newer)
	if !strings.Contains(p.stderr.String(), `"level":"WARN","msg":"suppressed values are not recognized: their key is not in ERASURE_KEY","key_id":"`) {
		t.Errorf("there is no warning about the missing key: %s", p.stderr.String())
	}
	p.stop(t)

	p = serve(t, url, "ERASURE_KEY="+newer+","+older, "DEFAULT_REGION=US")
	r, err := p.identify(pair(1))
	if err != nil {
		t.Fatal(err)
	}
	wantProblem(t, "identify", r, http.StatusUnprocessableEntity, "email", "permanently erased")
	status, body := p.get(t, "/suppressions?limit=1")
	var page struct {
		Suppressions []struct {
			ID                            uint64
			Kind, ErasureKeyID, CreatedAt string
		}
		Next string
	}
	if err := json.Unmarshal([]byte(body), &page); err != nil || status != http.StatusOK || len(page.Suppressions) != 1 || page.Next == "" {
		t.Fatalf("%d %s, %v", status, body, err)
	}
	one := page.Suppressions[0]
	want := fmt.Sprintf(`{"suppressions":[{"id":%d,"kind":"phoneNumber","erasureKeyId":%q,"createdAt":%q}],"next":%q}`, one.ID, one.ErasureKeyID, one.CreatedAt, page.Next)
	if strings.TrimSpace(body) != want || len(one.ErasureKeyID) != 16 {
		t.Errorf("got %s, want %s", body, want)
	}
	lifted := func(path, body string, status int, part string) {
		t.Helper()
		r, err := send(http.MethodDelete, p.url+path, "application/json", body)
		if err != nil || r.status != status || !strings.Contains(r.body, part) {
			t.Errorf("DELETE %s %s: got %d %s, %v; want %d and %s", path, body, r.status, r.body, err, status, part)
		}
	}
	byID := fmt.Sprintf("/suppressions/%d", one.ID)
	lifted(byID, "", http.StatusOK, `{"lifted":[{"id":`)
	lifted(byID, "", http.StatusNotFound, "There is no suppression")
	byValue := fmt.Sprintf(`{"email":%q}`, email(1))
	lifted("/suppressions", byValue, http.StatusOK, `"kind":"email"`)
	lifted("/suppressions", byValue, http.StatusNotFound, "not suppressed")
	lifted("/suppressions", `{"email":"a@b.c","id":1}`, http.StatusBadRequest, "takes only email and phoneNumber")
	lifted("/suppressions", `{"email":"a@b.c","phoneNumber":"1"}`, http.StatusBadRequest, "Exactly one")
	p.mustIdentify(t, pair(1))
	if strings.Contains(p.output(), "hunter") {
		t.Error("a key was printed")
	}
}
