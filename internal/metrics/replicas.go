package metrics

import (
	"database/sql"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/identikit/identikit/internal/replica"
)

// onPrimary is the name of the primary among the servers that are read from.
const onPrimary = "primary"

// WatchReplicas adds how recent the replicas are and what is read where, and the statistics of their pools.
// The replicas are named by their addresses.
func (m *Metrics) WatchReplicas(r *replica.Router) {
	lag := desc("replica_lag_seconds",
		"How far a replica may be behind at most; missing if it does not answer or is too far behind.", "server")
	usable := desc("replica_usable", "1 if reads are sent to the replica, 0 if it does not answer or is too far behind.", "server")
	reads := desc("database_reads_total", "Reads that may use a replica, by the server that was asked.", "server")
	m.registry.MustRegister(reader{
		[]*prometheus.Desc{lag, usable, reads},
		func(out chan<- prometheus.Metric) {
			replicas, primary := r.Stats()
			out <- prometheus.MustNewConstMetric(reads, prometheus.CounterValue, float64(primary), onPrimary)
			for _, s := range replicas {
				out <- prometheus.MustNewConstMetric(reads, prometheus.CounterValue, float64(s.Reads), s.Address)
				out <- gauge(usable, number(s.Usable), s.Address)
				if s.HasLag {
					out <- gauge(lag, s.Lag.Seconds(), s.Address)
				}
			}
		},
	})
	replicas, _ := r.Stats()
	for _, s := range replicas {
		m.WatchPools(map[string]*sql.DB{s.Address: s.Pool})
	}
}

func number(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
