package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/mysql"
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
		"-only", "known,new,mixed,guard,import,idle",
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
		"| all known, with key, quota and metrics | ", "≥ 0.95 ×",
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

// Fails if a kept table is filled again, if one that was not filled completely is used, or if newcomers of the
// second run are known from the first.
func TestGrowthIsKept(t *testing.T) {
	t.Parallel()
	server := mysqltest.NewServer(t)
	url := server.Config().WithDatabase("mysql").URL()
	args := []string{
		"-only", "growth", "-keep", "-sizes", "100,400", "-hot", "50", "-rounds", "2", "-round", "100ms", "-settle", "0s",
	}
	admin, err := mysql.Open(server.Config().WithDatabase("mysql"), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	if _, err := admin.ExecContext(t.Context(), "CREATE DATABASE identikit_bench_growth_400"); err != nil {
		t.Fatal(err)
	}
	var contacts [2]int
	for i, loads := range []bool{true, false} {
		report, progress := runGrowth(t, url, args)
		if got := strings.Contains(progress, "identikit_bench_growth_400: loaded"); got != loads {
			t.Errorf("run %d: loaded: %t, want %t\n%s", i+1, got, loads, progress)
		}
		for _, want := range []string{
			"| p95 of known at 400 contacts |", "| p95 of new at", "| p95 of link at", "| p95 of merge at", "≤ 1.2 ×",
			"| merge, 200/s | 400 | ", "| mixed, 64 callers | 100 | ", "| 400 | contacts.contacts_email | ",
		} {
			if !strings.Contains(report, want) {
				t.Errorf("run %d: the report lacks %q", i+1, want)
			}
		}
		if strings.Contains(report, "not measured") || t.Failed() {
			t.Fatalf("got\n%s\n%s", report, progress)
		}
		err := admin.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM identikit_bench_growth_400.contacts").Scan(&contacts[i])
		if err != nil {
			t.Fatal(err)
		}
	}
	if contacts[0] <= 400 || contacts[1]-contacts[0] < (contacts[0]-400)/2 {
		t.Errorf("got %v contacts after the runs: the second added fewer than the first", contacts)
	}
}

func runGrowth(t *testing.T, url string, args []string) (report, progress string) {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "progress"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var out bytes.Buffer
	if err := run(t.Context(), args, url, nil, &out, file); err != nil {
		t.Fatalf("%v\n%s", err, contents(t, file.Name()))
	}
	return out.String(), contents(t, file.Name())
}

// Fails if sizes are not read as the report writes them.
func TestSizes(t *testing.T) {
	t.Parallel()
	o, err := parse([]string{"-sizes", "30M,100k,1_000_000", "-hot", "50k"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{100_000, 1_000_000, 30_000_000}, o.sizes); diff != "" || o.hot != 50_000 {
		t.Errorf("hot %d\n%s", o.hot, diff)
	}
	for _, wrong := range []string{"100k", "x,1M", "0,1M", ""} {
		if _, err := parse([]string{"-sizes", wrong}, io.Discard); err == nil {
			t.Errorf("-sizes %q is accepted", wrong)
		}
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
