package tidb

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

const root = "../.."

// driver are the statements that the driver sends by itself.
func driver() map[string]string {
	return map[string]string{
		"transactions":        "START TRANSACTION; COMMIT; ROLLBACK",
		"read-only snapshots": "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; START TRANSACTION READ ONLY",
		"every session": "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED; " +
			"SET time_zone = '+00:00', eq_range_index_dive_limit = 1, innodb_lock_wait_timeout = 1",
	}
}

// statements returns all SQL of the service by name: that of a query, a file of a migration, or a Go file.
func statements(t *testing.T) map[string]string {
	t.Helper()
	all := driver()
	for _, file := range glob(t, "queries/*.sql") {
		for _, q := range strings.Split(read(t, file), "-- name: ")[1:] {
			name, text, _ := strings.Cut(q, " ")
			_, text, _ = strings.Cut(text, "\n")
			all[name] = repeated(macro().ReplaceAllString(text, "?"))
		}
	}
	for _, file := range glob(t, "db/migrations/*.sql") {
		all[filepath.Base(file)] = read(t, file)
	}
	for _, pattern := range []string{"db/*.go", "internal/*/*.go"} {
		for _, file := range glob(t, pattern) {
			if text := inGo(t, file); text != "" {
				all[strings.TrimPrefix(file, root+"/")] = text
			}
		}
	}
	return all
}

// macro matches sqlc's functions for parameters.
func macro() *regexp.Regexp { return regexp.MustCompile(`sqlc\.\w+\([a-z_]+\)`) }

// repeated has the tuple of a statement twice, as the service writes it for two rows.
func repeated(query string) string {
	head, rest, found := strings.Cut(query, "\n(")
	if !found {
		return query
	}
	separator := "\nOR "
	if strings.HasSuffix(head, "VALUES") {
		separator = ",\n"
	}
	tuple, tail, _ := strings.Cut("("+rest, "\n")
	return head + "\n" + tuple + separator + tuple + "\n" + tail
}

// inGo returns the SQL in the strings of a Go file. Tests are not read, nor is generated code, whose SQL is
// that of queries/, nor the doctor, which expects that servers refuse some of what it asks.
func inGo(t *testing.T, file string) string {
	t.Helper()
	if strings.HasSuffix(file, "_test.go") || strings.HasSuffix(file, ".sql.go") || strings.Contains(file, "test/") ||
		strings.Contains(file, "/doctor/") {
		return ""
	}
	tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	sql := regexp.MustCompile(`^(SELECT|INSERT|UPDATE|DELETE|CREATE|DROP|SET|DO) [^%]`)
	var found []string
	ast.Inspect(tree, func(n ast.Node) bool {
		if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
			if text, err := strconv.Unquote(literal.Value); err == nil && sql.MatchString(text) {
				found = append(found, strings.ReplaceAll(text, "%d", "1"))
			}
		}
		return true
	})
	return strings.Join(found, ";\n")
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, pattern))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %v, %v", pattern, files, err)
	}
	return files
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
