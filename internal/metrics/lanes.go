package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/identikit/identikit/internal/lanes"
)

// WatchLanes adds what the lanes are busy with.
func (m *Metrics) WatchLanes(stats func() lanes.Stats) {
	requests := desc("lanes_requests", "Requests to identify in progress, with one observation each.")
	limit := desc("lanes_requests_limit", "The most such requests at a time; further ones are answered with 503.")
	queued := desc("lanes_queued_requests", "Requests that wait for their lane.", "lane")
	groups := desc("lanes_groups", "Groups of requests that are being handled.", "lane")
	locked := desc("lanes_locked_requests", "Requests that wait for a cluster that another transaction has locked.")
	m.registry.MustRegister(reader{
		[]*prometheus.Desc{requests, limit, queued, groups, locked},
		func(out chan<- prometheus.Metric) {
			s := stats()
			out <- gauge(requests, float64(s.Requests))
			out <- gauge(limit, lanes.MaxRequests)
			out <- gauge(queued, float64(s.QueuedReads), lanes.Reads)
			out <- gauge(queued, float64(s.QueuedWrites), lanes.Writes)
			out <- gauge(groups, float64(s.ReadGroups), lanes.Reads)
			out <- gauge(groups, float64(s.WriteGroups), lanes.Writes)
			out <- gauge(locked, float64(s.Locked))
		},
	})
}
