package replica

import (
	"database/sql"
	"math"
	"time"
)

// Stats is what is known of a replica.
type Stats struct {
	Address string
	Lag     time.Duration // how far it may be behind at most, if HasLag
	HasLag  bool          // false if it does not answer, or is too far behind to be used
	Usable  bool          // reads that ask for no position are sent to it
	Reads   uint64        // how many reads it was asked for, including those that failed
	Pool    *sql.DB       // for its statistics only
}

// Stats returns what is known of each replica, in the order of Options.Servers, and how many reads ran on the
// primary because no replica could be used.
func (r *Router) Stats() (replicas []Stats, onPrimary uint64) {
	for _, s := range r.replicas {
		lag := s.lag()
		replicas = append(replicas, Stats{s.address, lag, lag != math.MaxInt64, lag <= r.maxLag, s.reads.Load(), s.pool})
	}
	return replicas, r.reads.Load()
}
