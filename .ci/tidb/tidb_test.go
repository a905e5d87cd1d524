// Package tidb checks all SQL of the service with TiDB's own parser. It is a module of its own, because only
// this test needs that parser.
package tidb

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pingcap/tidb/pkg/parser"
	_ "github.com/pingcap/tidb/pkg/parser/test_driver" // the values in parsed statements
)

// Fails when TiDB's parser refuses a statement, or when the table in docs/scaling.md lacks a difference, names
// a statement that does not have it, or lists one that there is no more.
func TestStatementsOnTiDB(t *testing.T) {
	t.Parallel()
	found := map[string][]string{}
	for name, text := range statements(t) {
		trees, _, err := parser.New().Parse(text, "utf8mb4", "utf8mb4_bin")
		if err != nil || len(trees) == 0 {
			t.Errorf("%s: %d statements, %v", name, len(trees), err)
		}
		for _, tree := range trees {
			f := &features{}
			tree.Accept(f)
			for _, feature := range f.found {
				if !slices.Contains(found[feature], name) {
					found[feature] = append(found[feature], name)
				}
			}
		}
	}
	documented := documentedDifferences(t)
	for feature, names := range found {
		slices.Sort(names)
		if want, got := strings.Join(names, ", "), documented[feature]; got != want {
			t.Errorf("docs/scaling.md says of %s: %q\nit is in: %q", feature, got, want)
		}
	}
	for feature := range documented {
		if found[feature] == nil {
			t.Errorf("docs/scaling.md has %s, which no statement uses", feature)
		}
	}
}

// documentedDifferences returns the first two columns of the table in docs/scaling.md.
func documentedDifferences(t *testing.T) map[string]string {
	t.Helper()
	const heading = "| on TiDB | statements | what has to differ |\n|---|---|---|\n"
	_, table, found := strings.Cut(read(t, root+"/docs/scaling.md"), heading)
	if !found {
		t.Fatalf("no table %q", heading)
	}
	differences := map[string]string{}
	for line := range strings.Lines(table) {
		cells := strings.Split(strings.Trim(line, "| \n"), " | ")
		if len(cells) != 3 {
			break
		}
		differences[strings.Trim(cells[0], "`")] = strings.ReplaceAll(cells[1], "`", "")
	}
	return differences
}

// Fails when docs/scaling.md names a test that there is not.
func TestDocumentedTestsExist(t *testing.T) {
	t.Parallel()
	var tests strings.Builder
	for _, file := range glob(t, "internal/*/*_test.go") {
		tests.WriteString(read(t, file))
	}
	for _, file := range glob(t, "db/*_test.go") {
		tests.WriteString(read(t, file))
	}
	for _, name := range regexp.MustCompile(`\bTest\w+`).FindAllString(read(t, root+"/docs/scaling.md"), -1) {
		if !strings.Contains(tests.String(), "func "+name+"(") {
			t.Errorf("there is no %s", name)
		}
	}
}
