package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// described is a metric as the service shows it, or a row of the documentation.
type described struct{ name, kind, labels, meaning string }

// describe returns the metrics of a service, by their names.
func (w watched) describe(t *testing.T) map[string]described {
	t.Helper()
	r, err := send(http.MethodGet, w.ops+"/metrics", "", "")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]described{}
	for _, found := range regexp.MustCompile(`(?m)^# HELP (\S+) (.*)\n# TYPE \S+ (\S+)\n\S+?(?:\{(.*)\})? `).FindAllStringSubmatch(r.body, -1) {
		var labels []string
		for _, l := range regexp.MustCompile(`(\w+)="`).FindAllStringSubmatch(found[4], -1) {
			if l[1] != "le" {
				labels = append(labels, "`"+l[1]+"`")
			}
		}
		slices.Sort(labels)
		all[found[1]] = described{found[1], found[3], strings.Join(labels, ", "), found[2]}
	}
	return all
}

// busy is a service that has done something of each kind.
func busy(t *testing.T) watched {
	t.Helper()
	c := newCopied(t)
	w := serveWatched(t, c.settings()...)
	w.mustIdentify(t, pair(1))
	w.get(t, "/nowhere")
	eventually(t, "the replica is used", func() error {
		if _, found := w.describe(t)["identikit_replica_lag_seconds"]; !found {
			return errors.New("it has no lag")
		}
		return nil
	})
	return w
}

func repositoryFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile("../../" + path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Fails when the table of docs/operations.md lacks a metric, has one that is gone, or says something else
// about one than the service; or when the board, an alert or a document uses a metric that there is not.
func TestMetricsAreDocumented(t *testing.T) {
	t.Parallel()
	exist := busy(t).describe(t)
	var want, got []described
	for name, d := range exist {
		if strings.HasPrefix(name, "identikit_") {
			want = append(want, d)
		}
	}
	row := regexp.MustCompile("(?m)^\\| `(identikit_\\w+)` \\| (\\w+) \\| (.*?) \\| (.*) \\|$")
	for _, found := range row.FindAllStringSubmatch(repositoryFile(t, "docs/operations.md"), -1) {
		got = append(got, described{found[1], found[2], found[3], found[4]})
	}
	byName := func(a, b described) int { return strings.Compare(a.name, b.name) }
	slices.SortFunc(want, byName)
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(described{})); diff != "" {
		var rows strings.Builder
		for _, d := range want {
			fmt.Fprintf(&rows, "| `%s` | %s | %s | %s |\n", d.name, d.kind, d.labels, d.meaning)
		}
		t.Errorf("(-service +docs/operations.md):\n%s\nIt should be:\n%s", diff, rows.String())
	}
	names := regexp.MustCompile(`\b(?:identikit|go|process)_[a-z0-9_]+\b`)
	for _, path := range []string{"docs/operations.md", "ops/alerts.yaml", "ops/alerts_test.yaml", "ops/board.json", "ops/runbook.md"} {
		used := names.FindAllString(repositoryFile(t, path), -1)
		if len(used) < 2 {
			t.Errorf("%s uses only %d metrics", path, len(used))
		}
		for _, name := range used {
			histogram := regexp.MustCompile(`_(bucket|sum|count)$`).ReplaceAllString(name, "")
			if _, found := exist[name]; !found && (name == histogram || exist[histogram].kind != "histogram" && exist[histogram].kind != "summary") {
				t.Errorf("%s uses %s, which does not exist", path, name)
			}
		}
	}
}

// Fails when an alert has no paragraph in the runbook, does not link to it, or is not tested, or when the
// runbook has a paragraph of no alert.
func TestAlertsHaveARunbook(t *testing.T) {
	t.Parallel()
	rules := repositoryFile(t, "ops/alerts.yaml")
	all := func(pattern, text string) (found []string) {
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
			found = append(found, m[1])
		}
		return found
	}
	alerts := all(`(?m)^      - alert: (\w+)$`, rules)
	if len(alerts) < 10 {
		t.Fatalf("only %d alerts were found", len(alerts))
	}
	paragraph := `(?m)^## (\w+)\n\n(?:[^\n#].*\n){3,}(?:\n|\z)`
	if diff := cmp.Diff(alerts, all(paragraph, repositoryFile(t, "ops/runbook.md"))); diff != "" {
		t.Errorf("(-alerts +runbook):\n%s", diff)
	}
	var links []string
	for _, alert := range alerts {
		links = append(links, strings.ToLower(alert))
	}
	if diff := cmp.Diff(links, all(`runbook_url: https://github\.com/identikit/identikit/blob/main/ops/runbook\.md#(\S+)`, rules)); diff != "" {
		t.Errorf("(-alerts +links):\n%s", diff)
	}
	tested := all(`(?m)^        alertname: (\w+)\n        exp_alerts:\n`, repositoryFile(t, "ops/alerts_test.yaml"))
	for _, alert := range alerts {
		if !slices.Contains(tested, alert) {
			t.Errorf("no test fires %s", alert)
		}
	}
}
