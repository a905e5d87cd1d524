package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/doctor"
	"github.com/identikit/identikit/internal/mysqltest"
)

// Fails when a server with the settings that Identikit itself chooses is risky, when the private
// database is not the one of serve, or when the report does not fit a terminal.
func TestDoctorOfThePrivateDatabase(t *testing.T) {
	t.Parallel()
	code, stdout, stderr := execute(t, []string{"IDENTIKIT_DATA=" + dataFolder(t)}, "doctor")
	if code != exitOK || !strings.Contains(stdout, "\nok     schema       The schema is current.\n") || !strings.Contains(stdout, "\n0 wrong, 0 risks, ") {
		t.Errorf("code %d\n%s%s", code, stdout, stderr)
	}
	for line := range strings.Lines(stdout) {
		if len(line) > reportWidth+1 && !strings.HasPrefix(line, "Database ") {
			t.Errorf("%d columns: %s", len(line)-1, line)
		}
	}
}

// Fails when a script cannot tell what is wrong with a database from what could not be examined, or
// when a missing migration is not found.
func TestDoctorExitCodes(t *testing.T) {
	t.Parallel()
	url := databaseURL(mysqltest.NewDB(t))
	if code, stdout, stderr := execute(t, []string{url}, "migrate", "down"); code != exitOK {
		t.Fatal(stdout, stderr)
	}
	for _, c := range []struct {
		url, args      string
		code           int
		stdout, stderr string // a part of each
	}{
		{url, "doctor", exitFindings, "wrong  schema       A migration is missing.\n                    Run: identikit migrate up\n", "found 1 wrong"},
		{"DATABASE_URL=mysql://u:hunter2@127.0.0.1:1/d", "doctor", exitFailure, "wrong  answers", "no server of the database could be examined"},
		{"DATABASE_URL=mysql://u:hunter2@127.0.0.1:1,[::1]:1/d", "doctor --json", exitFailure, `"address": "[::1]:1"`, "no server"},
		{"DATABASE_URL=mysql://u@127.0.0.1:1/d DATABASE_READ_URL=mysql://u:hunter2@127.0.0.1:2,127.0.0.1:1/d", "doctor --json", exitFailure,
			`"address": "127.0.0.1:2"`, "no server"},
		{"DATABASE_URL=postgres://u:hunter2@127.0.0.1:1/d", "doctor", exitUsage, "", "must begin with mysql://"},
		{url, "doctor now", exitUsage, "", `unexpected argument "now"`},
		{url, "doctor --verbose", exitUsage, "", "not defined: -verbose"},
		{url, "doctor --help", exitOK, "Exit codes: 0 everything is ok or a note", ""},
	} {
		code, stdout, stderr := execute(t, strings.Fields(c.url), strings.Fields(c.args)...)
		if code != c.code || !matches(stdout, c.stdout) || !matches(stderr, c.stderr) || strings.Contains(stdout+stderr, "hunter2") {
			t.Errorf("%s: code %d\n%s%s", c.args, code, stdout, stderr)
		}
	}
}

// Fails when a program that reads the report would have to be changed.
func TestDoctorJSON(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	_, stdout, _ := execute(t, []string{databaseURL(db)}, "doctor", "--json")
	var got struct {
		Level, Database string
		Servers         []map[string]any
		Findings        []struct {
			Check, Level, Found, Advice string
			Servers                     []string
		}
	}
	decoder := json.NewDecoder(strings.NewReader(stdout))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&got); err != nil {
		t.Fatalf("%v\n%s", err, stdout)
	}
	want := map[string]any{
		"address": db.Config.Addresses(), "answers": true, "acceptsWrites": true, "topology": "single",
		"engine": got.Servers[0]["engine"], "version": got.Servers[0]["version"],
	}
	if diff := cmp.Diff([]map[string]any{want}, got.Servers); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	levels := map[string]bool{"ok": true, "note": true, "risk": true, "wrong": true}
	for _, f := range got.Findings {
		if !levels[f.Level] || f.Check == "" || f.Found == "" || (f.Advice == "") != (f.Level == "ok") || len(f.Servers) != 1 {
			t.Errorf("%+v", f)
		}
	}
	if len(got.Findings) == 0 || !levels[got.Level] || got.Database != db.Config.String() {
		t.Errorf("%+v", got)
	}
}

// Fails when a finding about one of several servers does not name it, or when text is lost at the
// end of a line.
func TestPrintReport(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	printReport(&b, doctor.Report{Database: "ann@a:3306,b:3306/shop", Servers: make([]doctor.Server, 2), Findings: []doctor.Finding{
		{Check: "version", Servers: []string{"a:3306", "b:3306"}, Found: "MySQL 8.4.3 is supported."},
		{Check: "durability", Level: doctor.Risk, Servers: []string{"b:3306"},
			Found: "sync_binlog = 0: " + strings.Repeat("w", 70) + " is lost.", Advice: "Set it to 1."},
	}})
	want := `Database ann@a:3306,b:3306/shop

ok     version      MySQL 8.4.3 is supported.
risk   durability   b:3306: sync_binlog = 0:
                    ` + strings.Repeat("w", 70) + `
                    is lost.
                    Set it to 1.

0 wrong, 1 risks, 0 notes
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
