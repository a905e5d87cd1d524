package main

import (
	"database/sql"

	"github.com/identikit/identikit/internal/linker"
	"github.com/identikit/identikit/internal/mysql"
)

// leastConnections is one connection for each lane and one for each other pool.
const leastConnections = 8

// pools are the connections of the service, divided by what requests do, so that
// those of one kind, when they are slow or many, leave the others theirs. A request
// waits for one within its time.
type pools struct {
	lanes       *sql.DB // POST /identify
	batches     *sql.DB
	corrections *sql.DB
	lookups     *sql.DB // and lists
	feed        *sql.DB // and its retention
}

// openPools divides most connections, which must be at least leastConnections. It
// dials nothing.
func openPools(server mysql.Config, most int) (*pools, error) {
	p := &pools{}
	rest := max(4, most-linker.LaneConnections)
	each := rest / 4
	for pool, size := range map[**sql.DB]int{
		&p.lanes: most - rest, &p.batches: each, &p.corrections: each, &p.feed: each, &p.lookups: rest - 3*each,
	} {
		var err error
		if *pool, err = mysql.Open(server, size); err != nil {
			p.close()
			return nil, err
		}
	}
	return p, nil
}

// close returns no error: it has nothing to lose, and a connection whose server
// went away meanwhile fails to close.
func (p *pools) close() {
	for _, pool := range []*sql.DB{p.lanes, p.batches, p.corrections, p.lookups, p.feed} {
		if pool != nil {
			pool.Close() //nolint:errcheck // see above
		}
	}
}
