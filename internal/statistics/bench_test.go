package statistics_test

import (
	"testing"

	"github.com/identikit/identikit/internal/identity"
)

// BenchmarkKnown is what counting a request that adds nothing costs, by several goroutines.
func BenchmarkKnown(b *testing.B) {
	c := newCounter(nil)
	known := identity.Cluster{PrimaryID: 1, Emails: []string{"a"}, Phones: []string{"1"}}
	b.ReportAllocs()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			c.Known(known)
		}
	})
}
