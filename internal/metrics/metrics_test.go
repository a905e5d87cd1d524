package metrics_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"github.com/identikit/identikit/internal/api"
	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/lanes"
	"github.com/identikit/identikit/internal/metrics"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/mysqltest"
	"github.com/identikit/identikit/internal/replica"
)

func TestMain(m *testing.M) { mysqltest.Main(m) }

// read returns the metrics as Prometheus gets them.
func read(t *testing.T, m *metrics.Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler(slog.New(slog.DiscardHandler)).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return w.Body.String()
}

// full returns metrics of which each has a series.
func full(t *testing.T) *metrics.Metrics {
	t.Helper()
	db := mysqltest.NewDB(t)
	m := metrics.New("test")
	m.WatchDatabase(db.Pool, func(context.Context) error { return nil })
	m.WatchLanes(func() lanes.Stats { return lanes.Stats{} })
	config, err := mysql.ParseURL(db.URL())
	if err != nil {
		t.Fatal(err)
	}
	replicas, err := replica.Start(config, db.Pool, replica.Options{
		Servers: config, Conns: 1, MaxLag: time.Minute, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(replicas.Close)
	m.WatchReplicas(replicas)
	replicas.Await(t.Context())
	m.API().Answered(api.Answered{Method: "GET", Route: "/", Status: http.StatusNotFound})
	return m
}

// Fails when a name or a help text does not follow the conventions of Prometheus.
func TestConventions(t *testing.T) {
	t.Parallel()
	problems, err := promlint.New(strings.NewReader(read(t, full(t)))).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		if strings.HasPrefix(p.Metric, "identikit_") {
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	}
}

// Fails when metrics that nobody has asked for have hooks, which would cost something.
func TestNoMetricsHaveNoHooks(t *testing.T) {
	t.Parallel()
	var none *metrics.Metrics
	if h := none.API(); h.Answered != nil || h.Refused != nil || h.KeyFailed != nil || h.Streams != nil {
		t.Error("the API has hooks")
	}
	if h := none.Lanes(); h.Group != nil || h.Known != nil || h.Retried != nil {
		t.Error("the lanes have hooks")
	}
	if none.Linker() != nil {
		t.Error("the linkers have a hook")
	}
}

// Fails when an observation is counted under two outcomes, or under none.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	m := metrics.New("test")
	answer := func(refused ...identity.Refusal) identity.Cluster {
		return identity.Cluster{PrimaryID: 1, Emails: []string{"a"}, Phones: []string{"1", "2"}, Refused: refused}
	}
	m.Linker()(cluster.Counts{Created: 1, Linked: 2, Merged: 1, Unchanged: 3, Withheld: 1, Erased: 1}, []identity.Cluster{
		answer(), answer(), answer(), answer(), answer(), answer(), answer(identity.Refusal{}, identity.Refusal{}), answer(identity.Refusal{}),
		{Refused: []identity.Refusal{{}}}, // nobody, which a plan counts as unchanged
	})
	m.Lanes().Known(answer())
	m.Lanes().Known(identity.Cluster{Refused: []identity.Refusal{{}}})
	text := read(t, m)
	for _, want := range []string{
		`observations_total{outcome="created"} 1`, `observations_total{outcome="linked"} 2`, `observations_total{outcome="merged"} 1`,
		`observations_total{outcome="known"} 3`, `observations_total{outcome="refused"} 4`, "cluster_values_count 9", "cluster_values_sum 27",
	} {
		if !strings.Contains(text, "identikit_"+want+"\n") {
			t.Errorf("there is no %s in\n%s", want, text)
		}
	}
}

// Fails when what goes wrong while the metrics are read hides the others.
func TestFailedScrape(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	m := metrics.New("test")
	m.WatchDatabase(db.Pool, func(context.Context) error { return errors.New("not ready") })
	db.Pool.Close()
	text := read(t, m)
	for _, want := range []string{"identikit_ready 0\n", "identikit_status_errors_total 1\n", "go_goroutines ", "process_cpu_seconds_total "} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %s in\n%s", want, text)
		}
	}
	if strings.Contains(text, "identikit_refusals_open ") {
		t.Error("what is not known is shown")
	}
	if again := read(t, m); !strings.Contains(again, "identikit_status_errors_total 1\n") {
		t.Error("the database is asked for each scrape")
	}
}

// Fails when the database is asked for more than it can answer at once, however much there is.
func TestStatusIsBounded(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	for _, statement := range []string{
		"INSERT INTO refusals (observation_id, code) SELECT seq, 'fuse' FROM (" + numbers(20_000) + ") AS s",
		"INSERT INTO change_sets (size, events) SELECT 3, '[]' FROM (" + numbers(20_000) + ") AS s",
		"ANALYZE TABLE refusals, change_sets",
	} {
		if _, err := db.Pool.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	m := metrics.New("test")
	m.WatchDatabase(db.Pool, func(context.Context) error { return nil })
	text := read(t, m)
	for _, want := range []string{"identikit_refusals_open 10000\n", "identikit_events_unnumbered 30000\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %s in\n%s", want, text)
		}
	}
	explain(t, db)
}

// numbers selects the numbers below n, at most 100,000, as seq.
func numbers(n int) string {
	digits := "(SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL " +
		"SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)"
	return fmt.Sprintf(`SELECT 1 + a.d + 10 * b.d + 100 * c.d + 1000 * e.d + 10000 * f.d AS seq
		FROM %[1]s AS a, %[1]s AS b, %[1]s AS c, %[1]s AS e, %[1]s AS f WHERE a.d + 10 * b.d + 100 * c.d + 1000 * e.d + 10000 * f.d < %[2]d`, digits, n)
}
