// Package metrics counts what the service does, in the form of Prometheus. It knows what happens only through
// the hooks of the other packages, none of which depends on it, and by asking for statistics when the metrics
// are read. docs/operations.md lists all metrics.
//
// No label has a part of a request that clients choose freely: the values of each are a closed set, or
// come from the settings.
package metrics

import (
	"database/sql"
	"log/slog"
	"net/http"
	"runtime"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// namespace is the prefix of all names.
const namespace = "identikit"

// maxReaders is how many may read the metrics at a time; others get a 503.
const maxReaders = 4

// Metrics are the metrics of one service. It is safe for concurrent use. A nil *Metrics counts nothing: its
// hooks are nil, so that they cost nothing.
type Metrics struct {
	registry *prometheus.Registry
	http     httpMetrics
	linking  linkingMetrics
	retries  *prometheus.CounterVec
}

// New returns metrics of which none has counted anything. They include those of the process and of Go.
func New(version string) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry(), http: newHTTPMetrics(), linking: newLinkingMetrics(), retries: newRetries()}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Namespace: namespace, Name: "build_info", Help: "Always 1; the labels say which version runs.",
		ConstLabels: prometheus.Labels{"version": version, "goversion": runtime.Version()},
	})
	build.Set(1)
	m.registry.MustRegister(build, m.retries, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.http.register(m.registry)
	m.linking.register(m.registry)
	return m
}

// WatchPools adds the statistics of connection pools, by their names.
func (m *Metrics) WatchPools(pools map[string]*sql.DB) {
	for name, pool := range pools {
		m.registry.MustRegister(collectors.NewDBStatsCollector(pool, name))
	}
}

// Handler answers with all metrics. What cannot be read is left out and logged.
func (m *Metrics) Handler(log *slog.Logger) http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorHandling:       promhttp.ContinueOnError,
		ErrorLog:            slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		MaxRequestsInFlight: maxReaders,
	})
}

// counter returns a counter with one label, whose values are all counted from 0: a series that appears only
// with the first event has no rate then.
func counter[V ~string](name, help, label string, values []V) *prometheus.CounterVec {
	c := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, []string{label})
	for _, v := range values {
		c.WithLabelValues(string(v))
	}
	return c
}

// reader is a collector that reads its metrics when they are asked for.
type reader struct {
	descs []*prometheus.Desc
	read  func(chan<- prometheus.Metric)
}

// Describe implements prometheus.Collector.
func (r reader) Describe(out chan<- *prometheus.Desc) {
	for _, d := range r.descs {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (r reader) Collect(out chan<- prometheus.Metric) { r.read(out) }

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(prometheus.BuildFQName(namespace, "", name), help, labels, nil)
}

// gauge is a metric for a reader.
func gauge(d *prometheus.Desc, value float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
}
