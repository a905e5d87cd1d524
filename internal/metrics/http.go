package metrics

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/identikit/identikit/internal/api"
	"github.com/identikit/identikit/internal/identity"
)

// httpMetrics are what the API tells.
type httpMetrics struct {
	duration *prometheus.HistogramVec
	problems *prometheus.CounterVec
	refused  *prometheus.CounterVec
	keys     *prometheus.CounterVec
	streams  prometheus.Gauge
}

func newHTTPMetrics() httpMetrics {
	return httpMetrics{
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Name: "http_request_duration_seconds",
			Help: "Time from the header of a request to its answer, by the class of the status. Streams of events are left out.",
			// From a look-up on an idle server to the usual REQUEST_TIMEOUT.
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"method", "route", "class"}),
		problems: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Name: "http_problems_total",
			Help: "Problems answered, by status and code. 499, without a code: the client left before the answer.",
		}, []string{"status", "code"}),
		refused: counter("values_refused_total", "Values in requests to identify that were not linked, by reason.",
			"code", identity.Reasons()),
		keys: counter("key_failures_total", "Requests refused because of their API key, by reason.", "reason", api.KeyFailures()),
		streams: prometheus.NewGauge(prometheus.GaugeOpts{
			Namespace: namespace, Name: "event_streams", Help: "Streams of events that are open.",
		}),
	}
}

func (h httpMetrics) register(r prometheus.Registerer) {
	r.MustRegister(h.duration, h.problems, h.refused, h.keys, h.streams)
}

// API returns the hooks for package api.
func (m *Metrics) API() api.Hooks {
	if m == nil {
		return api.Hooks{}
	}
	return api.Hooks{
		Answered:  m.http.answered,
		Refused:   func(reason identity.Reason) { m.http.refused.WithLabelValues(string(reason)).Inc() },
		KeyFailed: func(reason api.KeyFailure) { m.http.keys.WithLabelValues(string(reason)).Inc() },
		Streams:   func(change int) { m.http.streams.Add(float64(change)) },
	}
}

func (h httpMetrics) answered(a api.Answered) {
	if a.Status >= http.StatusBadRequest {
		h.problems.WithLabelValues(strconv.Itoa(a.Status), string(a.Code)).Inc()
	}
	if !a.Stream || a.Status != http.StatusOK {
		h.duration.WithLabelValues(a.Method, a.Route, class(a.Status)).Observe(a.Duration.Seconds())
	}
}

// class returns 2xx for 200.
func class(status int) string {
	if status == http.StatusOK { // the usual one costs no memory
		return "2xx"
	}
	return fmt.Sprintf("%dxx", status/100)
}
