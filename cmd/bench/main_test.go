package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/identikit/identikit/internal/mysqltest"
)

// TestMain lets the test binary be the process of serveConstant, which starts its own program again.
func TestMain(m *testing.M) {
	if slices.Equal(os.Args[1:], []string{constantCommand}) {
		main()
		return
	}
	mysqltest.Main(m)
}

// Fails if a main experiment no longer works: a run would only report that in a row, after minutes.
// The figures of so small a run mean nothing.
func TestRun(t *testing.T) {
	t.Parallel()
	url := mysqltest.NewServer(t).Config().WithDatabase("mysql").URL() // its account may SET GLOBAL local_infile
	args := []string{
		"-known", "500", "-import", "1_000", "-rounds", "2", "-round", "50ms", "-requests", "4", "-settle", "0s",
		"-only", "known,new,mixed,import,idle",
	}
	var report bytes.Buffer
	progress, err := os.Create(filepath.Join(t.TempDir(), "progress")) // a file: several processes write to it
	if err != nil {
		t.Fatal(err)
	}
	defer progress.Close()
	if err := run(t.Context(), args, url, nil, &report, progress); err != nil {
		t.Fatalf("%v\n%s", err, contents(t, progress.Name()))
	}
	for _, want := range []string{
		"| all known, valid numbers | ", "one prepared SELECT by e-mail", "≥ 1.3 ×",
		"| all known, +1555… numbers | ", "net/http answering a constant", "≥ 0.7 ×",
		"| all new | ", "≥ 1.3 ×", "| 70 known / 20 new / 8 link / 2 merge | ", "≥ 5.5 ×",
		"| import of 1k observations | ", "LOAD DATA of the resulting", "≤ 3 ×",
		"| import of the same file again | ", "≤ 0.25 ×", "| one request on an idle server", "≤ 1.05 ×",
	} {
		if !strings.Contains(report.String(), want) {
			t.Errorf("the report lacks %q", want)
		}
	}
	if strings.Contains(report.String(), "not measured") || strings.Contains(report.String(), "NaN") || t.Failed() {
		t.Errorf("got\n%s\n%s", report.String(), contents(t, progress.Name()))
	}
}

func contents(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
