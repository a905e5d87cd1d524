package metrics_test

import (
	"testing"
	"time"

	"github.com/identikit/identikit/internal/api"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/lanes"
	"github.com/identikit/identikit/internal/metrics"
)

// BenchmarkKnownRequest is what the metrics of a request that adds nothing cost.
func BenchmarkKnownRequest(b *testing.B) {
	m := metrics.New("test")
	h, l := m.API(), m.Lanes()
	known := identity.Cluster{PrimaryID: 1, Emails: []string{"a"}, Phones: []string{"1"}}
	waits := []time.Duration{time.Microsecond}
	b.ReportAllocs()
	for b.Loop() {
		l.Group(lanes.Reads, waits)
		l.Known(known)
		h.Answered(api.Answered{Method: "POST", Route: "/identify", Status: 200, Duration: time.Millisecond})
	}
}
