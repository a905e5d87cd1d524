package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/importer"
	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/mysqltest"
	"github.com/identikit/identikit/internal/snapshot"
)

// file writes the lines to a file of the test and returns its path.
func file(t *testing.T, name string, lines ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	write(t, path, strings.Join(lines, "\n")+"\n")
	return path
}

// customers writes a file of n customers, one per row.
func customers(t *testing.T, n int) string {
	t.Helper()
	lines := []string{"email,phone"}
	for i := range n {
		lines = append(lines, email(i)+","+phone(i))
	}
	return file(t, "customers.csv", lines...)
}

// Fails when the exit code or the streams of an import change, or when a value is printed (start
// checks that).
func TestImport(t *testing.T) {
	t.Parallel()
	url := databaseURL(mysqltest.NewDB(t))
	input := file(t, "a.csv", "Mail;Tel", email(1)+";"+phone(1), "@"+domain+";"+phone(2), email(1)+";"+phone(3))
	rejects := filepath.Join(t.TempDir(), "rejects.csv")
	code, stdout, stderr := execute(t, []string{url}, "import", input, "--rejects", rejects)
	want(t, "summary", "3 rows in 0s: 1 created, 1 linked, 0 merged, 0 unchanged, 1 refused\n",
		regexp.MustCompile(`in [^:]+:`).ReplaceAllString(stdout, "in 0s:"), exitRefused, code)
	for _, part := range []string{
		"e-mail addresses: column \"Mail\"\nphone numbers: column \"Tel\"\ntimes: no column (set one with --observed-at-column)\n",
		"identikit: 1 refused; " + rejects + " has these rows with their reasons",
	} {
		if !strings.Contains(stderr, part) {
			t.Errorf("not reported: %s\n%s", part, stderr)
		}
	}
	text, err := os.ReadFile(rejects)
	if err != nil {
		t.Fatal(err)
	}
	const refused = "An e-mail address must have exactly one @ with something on both sides."
	if diff := cmp.Diff("line,field,reason,row,Mail,Tel\n3,email,"+refused+",,@"+domain+","+phone(2)+"\n", string(text)); diff != "" {
		t.Errorf("rejects (-want +got):\n%s", diff)
	}
	if info, err := os.Stat(rejects); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others can read the rejects: %v %v", info.Mode(), err)
	}

	code, stdout, stderr = execute(t, []string{url}, "import", input)
	if code != exitRefused || !strings.Contains(stdout, "0 created, 0 linked, 0 merged, 2 unchanged, 1 refused") ||
		!strings.Contains(stderr, "run it again with --rejects FILE") {
		t.Errorf("again: code %d\n%s%s", code, stdout, stderr)
	}
	code, stdout, _ = execute(t, []string{url}, "import", "--delimiter", "tab", "--phone-column=Tel", file(t, "b.txt", "Tel\tx", phone(4)+"\t;"))
	if code != exitOK || !strings.Contains(stdout, "1 rows in") {
		t.Errorf("flags first: code %d\n%s", code, stdout)
	}
}

// Fails when the help of a command does not show its usage, or when a command with wrong arguments
// does something.
func TestTransferHelp(t *testing.T) {
	t.Parallel()
	for args, part := range map[string]string{
		"import --help":    "Usage: identikit import [FLAGS] FILE\n",
		"help import":      "--rejects FILE",
		"import x -h":      "3 all rows are imported except",
		"export --help":    "Usage: identikit export [FLAGS]\n",
		"help export":      "--output FILE",
		"verify --help":    "Usage: identikit verify\n",
		"import --help -z": "Usage: identikit import",
	} {
		var stdout, stderr strings.Builder
		code := run(t.Context(), strings.Fields(args), nil, &stdout, &stderr)
		if code != exitOK || !strings.Contains(stdout.String(), part) || stderr.Len() > 0 {
			t.Errorf("identikit %s: code %d\n%s%s", args, code, &stdout, &stderr)
		}
	}
	for _, args := range []string{"export now", "export --format xml", "export --into x", "verify it", "verify --all"} {
		var stdout, stderr strings.Builder
		code := run(t.Context(), strings.Fields(args), nil, &stdout, &stderr)
		if code != exitUsage || stdout.Len() > 0 || stderr.Len() == 0 {
			t.Errorf("identikit %s: code %d\n%s%s", args, code, &stdout, &stderr)
		}
	}
}

// Fails when standard input is not read or not distinguished from a file.
func TestImportOfStandardInput(t *testing.T) {
	t.Parallel()
	url := databaseURL(mysqltest.NewDB(t))
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for input, sum := range map[string]string{
		"email\n" + email(1) + "\n":             "1 rows in",
		`{"email":"` + email(2) + `"}` + "\n{}": "1 refused",
	} {
		cmd := exec.Command(self, "import", "-")
		cmd.Dir, cmd.Env, cmd.Stdin = t.TempDir(), []string{asIdentikit + "=1", url}, strings.NewReader(input)
		if stdout, _ := cmd.Output(); !strings.Contains(string(stdout), "1 created") || !strings.Contains(string(stdout), sum) {
			t.Errorf("%s: %s", sum, stdout)
		}
	}
}

// Fails when a mistake is found only after something was imported or overwritten, or when the error
// does not say what would be right.
func TestImportMistakes(t *testing.T) {
	t.Parallel()
	url := databaseURL(mysqltest.NewDB(t))
	input := file(t, "a.csv", "email,phone,mobile", email(1)+",,")
	values := file(t, "values.csv", email(1)+","+phone(1))
	rejects := file(t, "rejects.csv", "precious")
	for _, c := range []struct {
		args []string
		part string
	}{
		{[]string{}, "no file to import; - is standard input"},
		{[]string{input, values}, "unexpected argument"},
		{[]string{input, "--phone"}, "not defined: -phone; see identikit import --help"},
		{[]string{"nothing.csv"}, "nothing.csv: no such file"},
		{[]string{t.TempDir()}, "is a folder"},
		{[]string{input, "--format", "xml"}, `--format is "xml"; it must be csv or ndjson`},
		{[]string{input, "--delimiter", ",,"}, `--delimiter is ",,"; it must be one character, or tab`},
		{[]string{input}, `columns "phone" and "mobile" both match; set one with --phone-column`},
		{[]string{input, "--phone-column", "fax"}, `there is no column "fax" for --phone-column; the columns are: "email", "phone", "mobile"`},
		{[]string{values}, "the first line has values"},
		{[]string{input, "--rejects", input}, "--rejects is the file to import"},
	} {
		args := append([]string{"import"}, c.args...)
		if !strings.Contains(strings.Join(c.args, " "), "--rejects") {
			args = append(args, "--rejects", rejects)
		}
		code, stdout, stderr := execute(t, []string{url}, args...)
		if code != exitUsage || stdout != "" || !strings.Contains(stderr, c.part) {
			t.Errorf("%v: code %d\n%s%s", c.args, code, stdout, stderr)
		}
	}
	if text, err := os.ReadFile(rejects); err != nil || string(text) != "precious\n" {
		t.Errorf("an earlier rejects file was overwritten: %q %v", text, err)
	}
	code, _, stderr := execute(t, []string{"DATABASE_URL=mysql://me@127.0.0.1:1/d"}, "import", input, "--phone-column", "phone")
	if code != exitFailure || !strings.Contains(stderr, "The database cannot be reached.") {
		t.Errorf("no database: code %d\n%s", code, stderr)
	}
}

// Fails when an interrupted import does not say how many rows are done, or when it cannot be
// repeated. It is the only test that reads through a pipe.
func TestImportInterrupted(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	const rows = 30_000
	input := customers(t, rows)
	p := start(t, t.TempDir(), []string{databaseURL(db)}, "import", input)
	eventually(t, "something is imported", func() error {
		var id int
		return db.Pool.QueryRowContext(t.Context(), "SELECT id FROM contacts LIMIT 1").Scan(&id)
	})
	p.signal(t, syscall.SIGINT)
	code := p.wait(t)
	if code != exitFailure || !regexp.MustCompile(`interrupted; \d+ rows are done; run the same command again`).MatchString(p.stderr.String()) {
		t.Errorf("code %d\n%s", code, p.output())
	}
	code, stdout, _ := execute(t, []string{databaseURL(db)}, "import", input)
	if code != exitOK || !strings.Contains(stdout, "30000 rows in") {
		t.Errorf("again: code %d\n%s", code, stdout)
	}
	var stored int
	if err := db.Pool.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM contacts").Scan(&stored); err != nil || stored != rows {
		t.Errorf("%d contacts, want %d; %v", stored, rows, err)
	}
}

// Fails when an export cannot be read by a program or an import, when it leaves an incomplete file,
// or when the output of verify changes. Exports contain values, so these tests write them to files
// only.
func TestExportAndVerify(t *testing.T) {
	t.Parallel()
	one, two := mysqltest.NewDB(t), mysqltest.NewDB(t)
	execute(t, []string{databaseURL(one)}, "import", customers(t, 20))
	folder := t.TempDir()
	for name, begins := range map[string]string{"a.csv": "contactId,primary", "a.ndjson": `{"contactId":1,`, "a.csv.gz": "\x1f\x8b"} {
		path := filepath.Join(folder, name)
		write(t, path, "earlier")
		code, stdout, stderr := execute(t, []string{databaseURL(one)}, "export", "--output", path)
		text, err := os.ReadFile(path)
		if code != exitOK || stdout != "" || stderr != "20 contacts and 0 observations of two contacts\n" ||
			err != nil || !strings.HasPrefix(string(text), begins) {
			t.Errorf("%s: code %d\n%s%s%.30s %v", name, code, stdout, stderr, text, err)
		}
		code, stdout, _ = execute(t, []string{databaseURL(two)}, "import", path)
		if code != exitOK || !strings.Contains(stdout, "20 rows in") {
			t.Errorf("import of %s: code %d\n%s", name, code, stdout)
		}
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) != 3 {
		t.Errorf("something is left over: %v %v", left, err)
	}

	code, stdout, stderr := execute(t, []string{databaseURL(two)}, "verify")
	want(t, "verify", "20 contacts in 20 clusters, by 20 observations: 0 drifts\n", stdout, exitOK, code)
	if stderr != "" {
		t.Errorf("verify: %s", stderr)
	}
	if _, err := two.Pool.ExecContext(t.Context(), "UPDATE contacts SET linked_id = 1, link_precedence = 'secondary' WHERE id = 7"); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr = execute(t, []string{databaseURL(two)}, "verify")
	want(t, "verify", "linked-without-evidence: contact 7 is linked to contact 1, but no observations connect them\n"+
		"20 contacts in 20 clusters, by 20 observations: 1 drifts\n", stdout, exitFailure, code)
	if !strings.Contains(stderr, "the stored clusters differ from the observations") {
		t.Errorf("verify: %s", stderr)
	}
}

// Fails when decisions do not reach another database, or when a file of decisions is not
// recognized.
func TestExportAndImportOfDecisions(t *testing.T) {
	t.Parallel()
	one, two := mysqltest.NewDB(t), mysqltest.NewDB(t)
	execute(t, []string{databaseURL(one)}, "import", customers(t, 4))
	l := linkertest.New(one.Pool, cluster.Policy{})
	if _, err := l.Retract(t.Context(), 1, "a test", false); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Separate(t.Context(), 2, 3, "they said so", false); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"decisions.ndjson", "decisions.gz"} {
		path := filepath.Join(t.TempDir(), name)
		code, stdout, stderr := execute(t, []string{databaseURL(one)}, "export", "--decisions", "--output", path)
		want(t, "export", "", stdout, exitOK, code)
		want(t, "export", "1 observations that do not link, 0 blocks and 1 separations\n", stderr, exitOK, code)
		code, stdout, stderr = execute(t, []string{databaseURL(two)}, "import", path)
		want(t, "import", "2 decisions in 0s: 2 applied, 0 refused\n",
			regexp.MustCompile(`in [^:]+:`).ReplaceAllString(stdout, "in 0s:"), exitOK, code)
		want(t, "import", "", stderr, exitOK, code)
	}
	code, stdout, _ := execute(t, []string{databaseURL(two)}, "import", customers(t, 4))
	if code != exitOK || !strings.Contains(stdout, "1 were stored but not linked") {
		t.Errorf("the retracted links again: code %d\n%s", code, stdout)
	}
	rejects := filepath.Join(t.TempDir(), "rejects.csv")
	code, _, stderr := execute(t, []string{databaseURL(two)}, "import", "--rejects", rejects,
		file(t, "wrong.ndjson", snapshot.DecisionsHeader, `{"decision":"whim"}`))
	if code != exitRefused || !strings.HasSuffix(stderr, "1 refused; "+rejects+" has these rows with their reasons\n") {
		t.Errorf("a wrong decision: code %d\n%s", code, stderr)
	}
	for _, args := range []string{"export --decisions --format csv", "export --decisions --output x.csv"} {
		code, stdout, stderr := execute(t, []string{databaseURL(one)}, strings.Fields(args)...)
		if code != exitUsage || stdout != "" || !strings.Contains(stderr, "decisions are written as NDJSON") {
			t.Errorf("identikit %s: code %d\n%s%s", args, code, stdout, stderr)
		}
	}
}

// Fails when a failed export leaves a file behind or replaces an earlier one.
func TestFailedExport(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "a.csv.gz")
	write(t, path, "earlier")
	err := writeFile(path, func(w io.Writer) error {
		_, err := io.WriteString(w, "half")
		return errors.Join(err, io.ErrUnexpectedEOF)
	})
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v, want %v", err, io.ErrUnexpectedEOF)
	}
	left, err := os.ReadDir(folder)
	text, _ := os.ReadFile(path)
	if err != nil || len(left) != 1 || string(text) != "earlier" {
		t.Errorf("left: %v %v, with %q", left, err, text)
	}
	if err := writeFile(filepath.Join(folder, "nowhere", "a.csv"), nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want %v", err, os.ErrNotExist)
	}
}

// Fails when the bar or the lines are wrong.
func TestProgress(t *testing.T) {
	t.Parallel()
	at := importer.Progress{
		Rows: 300_000, Bytes: 25, Refused: 12,
		Counts: cluster.Counts{Created: 123_456, Linked: 99_999, Merged: 9_999, Unchanged: 1_234_567},
	}
	var text strings.Builder
	b := newBar(&text, 100)
	b.pb.SetWidth(120)
	b.progress(at)
	b.end()
	got := regexp.MustCompile(` \S+ \[[->_]+\]`).ReplaceAllString(text.String(), " [bar]")
	if !strings.Contains(got, "300k rows [bar] 25% ") || !strings.Contains(got, "created 123k linked 100k merged 9999 unchanged 1.23M refused 12") {
		t.Errorf("bar: %s", got)
	}

	text.Reset()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	l := &lines{w: &text, size: 100, clock: func() time.Time { return now }, began: now, printed: now}
	for _, seconds := range []int{0, 4, 6, 3, 3} {
		now = now.Add(time.Duration(seconds) * time.Second)
		l.progress(at)
	}
	at.Unreachable = context.DeadlineExceeded
	now = now.Add(lineInterval)
	l.progress(at)
	at = importer.Progress{Rows: 300_500, Bytes: 50, Decided: 450, Refused: 50}
	now = now.Add(lineInterval)
	l.progress(at)
	if diff := cmp.Diff(`300000 rows, 30000/s, 25%, 30s left: 123456 created, 99999 linked, 9999 merged, 1234567 unchanged, 12 refused
300000 rows, 0/s, 25%, 48s left: 123456 created, 99999 linked, 9999 merged, 1234567 unchanged, 12 refused
300000 rows; the database is unreachable, waiting: context deadline exceeded
300500 rows, 100/s, 50%, 26s left: 450 applied, 50 refused
`, text.String()); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
	for n, want := range map[int]string{0: "0", 9_999: "9999", 10_000: "10k", 12_345: "12.3k", 999_499: "999k", 999_500: "1M", 999_500_000: "999M", 2_000_000_000: "2000M"} {
		if got := brief(n); got != want {
			t.Errorf("%d: got %s, want %s", n, got, want)
		}
	}
}
