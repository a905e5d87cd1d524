package main

import (
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/mysqltest"
)

// Fails when a migration is not reported, when a script cannot use the status, or when a service
// says ready on an outdated schema or needs a restart after the migration.
func TestMigrate(t *testing.T) {
	t.Parallel()
	url := databaseURL(mysqltest.NewDB(t))
	code, stdout, _ := execute(t, []string{url}, "migrate", "status")
	all := regexp.MustCompile(`(?m)^(\d{5}_\w+\.sql) +20\d\d-\d\d-\d\d \d\d:\d\d:\d\dZ$`).FindAllStringSubmatch(stdout, -1)
	if code != exitOK || len(all) == 0 || len(all)+1 != strings.Count(stdout, "\n") {
		t.Fatalf("status of a current schema: code %d\n%s", code, stdout)
	}
	newest := all[len(all)-1][1]

	code, stdout, _ = execute(t, []string{url}, "migrate", "up")
	want(t, "up, current", "nothing to do: the schema is current\n", stdout, exitOK, code)
	code, stdout, _ = execute(t, []string{url}, "migrate", "down")
	want(t, "down", "reverted "+newest+"\n", stdout, exitOK, code)

	p := serve(t, url)
	if status, body := p.get(t, "/readyz"); status != http.StatusServiceUnavailable || !strings.Contains(body, "Run: identikit migrate up") {
		t.Errorf("/readyz on an old schema: %d %s", status, body)
	}
	if !strings.Contains(p.stderr.String(), `"level":"WARN","msg":"not ready"`) {
		t.Error("there was no warning about the old schema")
	}
	code, stdout, stderr := execute(t, []string{url}, "migrate", "status")
	if code != exitFailure || !strings.Contains(stdout, "missing\n") || !strings.Contains(stderr, "run: identikit migrate up") {
		t.Errorf("status of an old schema: code %d\n%s%s", code, stdout, stderr)
	}
	code, stdout, _ = execute(t, []string{url}, "migrate", "up")
	want(t, "up", "applied "+newest+"\n", stdout, exitOK, code)
	if status, body := p.get(t, "/readyz"); status != http.StatusOK {
		t.Errorf("/readyz after the migration: %d %s", status, body)
	}
	p.mustIdentify(t, pair(1))
}

// Fails when migrating down past the first migration is an error or a crash.
func TestMigrateDownToNothing(t *testing.T) {
	t.Parallel()
	url := databaseURL(mysqltest.NewDB(t))
	for range 100 {
		code, stdout, stderr := execute(t, []string{url}, "migrate", "down")
		if code != exitOK {
			t.Fatalf("code %d: %s", code, stderr)
		}
		if stdout == "nothing to do: no migration is applied\n" {
			return
		}
	}
	t.Error("it does not end")
}

// Fails when an unreachable database causes a crash or when its password is printed.
func TestMigrateWithoutDatabase(t *testing.T) {
	t.Parallel()
	code, stdout, stderr := execute(t, []string{"DATABASE_URL=mysql://u:hunter2@127.0.0.1:1/d"}, "migrate", "up")
	if code != exitFailure || stdout != "" || !strings.Contains(stderr, "refused") || strings.Contains(stderr, "hunter2") {
		t.Errorf("code %d\nstdout: %s\nstderr: %s", code, stdout, stderr)
	}
}

// Fails when a migration does not wait for a database server that starts at the same time.
func TestMigrateWaitsForStartingDatabase(t *testing.T) {
	t.Parallel()
	server := mysqltest.NewServer(t)
	url := databaseURL(server.NewDB(t))
	server.Kill(t)
	p := start(t, t.TempDir(), []string{url, "APP_ENV=production"}, "migrate", "up")
	eventually(t, "it waits", func() error {
		if !strings.Contains(p.output(), "waiting up to 2m0s for the database") {
			return errors.New(p.output())
		}
		return nil
	})
	server.Start(t)
	if code := p.wait(t); code != exitOK {
		t.Errorf("code %d", code)
	}
}

// Fails when the private database keeps running, or is not the one of serve.
func TestMigrateThePrivateDatabase(t *testing.T) {
	t.Parallel()
	env := []string{"IDENTIKIT_DATA=" + dataFolder(t)}
	code, stdout, stderr := execute(t, env, "migrate", "up")
	if code != exitOK || !strings.Contains(stdout, "applied 00001_") {
		t.Fatalf("up: code %d\n%s%s", code, stdout, stderr)
	}
	code, stdout, stderr = execute(t, env, "migrate", "status")
	if code != exitOK || strings.Contains(stdout, "missing") {
		t.Errorf("status: code %d\n%s%s", code, stdout, stderr)
	}
	serve(t, env...).mustIdentify(t, pair(1))
}

func want(t *testing.T, name, wantOut, gotOut string, wantCode, gotCode int) {
	t.Helper()
	if diff := cmp.Diff(wantOut, gotOut); diff != "" || wantCode != gotCode {
		t.Errorf("%s: code %d, want %d (-want +got):\n%s", name, gotCode, wantCode, diff)
	}
}
