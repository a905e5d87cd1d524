package apikey

import "math"

// MaxRate is the most requests a second, and the largest burst, that a key can have.
const MaxRate = 1_000_000

// Quota is how much a key may do: so many requests a second, and a burst of so many at once. An element of a
// batch is a request. The zero value is no quota.
type Quota struct {
	PerSecond uint32
	Burst     uint32
}

// IsZero reports whether there is no quota.
func (q Quota) IsZero() bool { return q.PerSecond == 0 }

// Full returns the quota with a burst: that of ten seconds if it has none.
func (q Quota) Full() Quota {
	if q.Burst == 0 {
		const seconds = 10
		q.Burst = uint32(min(seconds*uint64(q.PerSecond), math.MaxUint32))
	}
	return q
}
