package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/lanes"
	"github.com/identikit/identikit/internal/linker"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/statistics"
)

// outcome is what became of an observation.
type outcome string

const (
	known   outcome = "known"   // nothing that its cluster lacked
	created outcome = "created" // a new cluster
	linked  outcome = "linked"  // a new value in a known cluster
	merged  outcome = "merged"  // two clusters became one
	refused outcome = "refused" // at least one of its values was not linked
)

// linkingMetrics are what the lanes and the linkers tell.
type linkingMetrics struct {
	observations *prometheus.CounterVec
	values       prometheus.Histogram
	group, wait  *prometheus.HistogramVec
}

func newLinkingMetrics() linkingMetrics {
	lane := []string{"lane"}
	m := linkingMetrics{
		observations: counter("observations_total", "Observations of requests to identify, by what became of them.",
			"outcome", []outcome{known, created, linked, merged, refused}),
		values: prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: namespace, Name: "cluster_values",
			Help:    "E-mail addresses and phone numbers of the customer of each observation. MAX_CLUSTER_VALUES limits them.",
			Buckets: []float64{1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000, 10000},
		}),
		group: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Name: "lanes_group_requests", Help: "Requests that were handled together, one observation for each group.",
			Buckets: []float64{1, 2, 4, 8, 16, 32, 64, 128, 256},
		}, lane),
		wait: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Name: "lanes_wait_seconds", Help: "Time that a request waited for its lane.",
			Buckets: []float64{.0001, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, lane),
	}
	for _, name := range []string{lanes.Reads, lanes.Writes} {
		m.group.WithLabelValues(name)
		m.wait.WithLabelValues(name)
	}
	return m
}

func (m linkingMetrics) register(r prometheus.Registerer) {
	r.MustRegister(m.observations, m.values, m.group, m.wait)
}

// Linker returns the hook for package linker.
func (m *Metrics) Linker() linker.Hook {
	if m == nil {
		return nil
	}
	return m.linking.linked
}

// linked counts observations.
func (m linkingMetrics) linked(c cluster.Counts, answers []identity.Cluster) {
	for _, a := range answers {
		if a.PrimaryID != 0 {
			m.values.Observe(float64(len(a.Emails) + len(a.Phones)))
		}
	}
	o := statistics.OutcomesOf(c, answers)
	for _, one := range [...]struct {
		outcome
		n int
	}{{known, o.Known}, {created, o.Created}, {linked, o.Linked}, {merged, o.Merged}, {refused, o.Refused}} {
		if one.n > 0 {
			m.observations.WithLabelValues(string(one.outcome)).Add(float64(one.n))
		}
	}
}

// Lanes returns the hooks for package lanes.
func (m *Metrics) Lanes() lanes.Hooks {
	if m == nil {
		return lanes.Hooks{}
	}
	return lanes.Hooks{
		Group: func(lane string, waits []time.Duration) {
			m.linking.group.WithLabelValues(lane).Observe(float64(len(waits)))
			wait := m.linking.wait.WithLabelValues(lane)
			for _, d := range waits {
				wait.Observe(d.Seconds())
			}
		},
		Known:   func(c identity.Cluster) { m.linking.linked(cluster.Counts{}, []identity.Cluster{c}) },
		Retried: m.Retried,
	}
}

func newRetries() *prometheus.CounterVec {
	return counter("retries_total", "Work on the database that was done again, by cause.", "cause", mysql.Causes())
}

// Retried is the hook for package mysql.
func (m *Metrics) Retried(cause mysql.Cause) { m.retries.WithLabelValues(string(cause)).Inc() }
