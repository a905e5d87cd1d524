package main

import (
	"database/sql"
	"log/slog"

	"github.com/identikit/identikit/internal/lanes"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/replica"
)

// leastConnections is one connection for each lane and one for each other pool.
const leastConnections = 8

// pools divides the connections of the service by kind of request, so that slow or frequent
// requests of one kind cannot use up the connections of the others. A request waits for a
// connection within its own time.
type pools struct {
	lanes       *sql.DB // POST /identify
	batches     *sql.DB
	corrections *sql.DB
	lookups     *sql.DB         // look-ups and lists
	feed        *sql.DB         // the feed and its retention
	reads       *replica.Router // of lookups, or of the replicas
}

// openPools divides the connections of the settings. It does not wait for one.
func openPools(d *database, c databaseConfig, log *slog.Logger) (*pools, error) {
	p := &pools{}
	rest := max(4, c.maxConns-lanes.Connections)
	each := rest / 4
	for pool, size := range map[**sql.DB]int{
		&p.lanes: c.maxConns - rest, &p.batches: each, &p.corrections: each, &p.feed: each, &p.lookups: rest - 3*each,
	} {
		var err error
		if *pool, err = mysql.Open(d.config, size); err != nil {
			p.close()
			return nil, err
		}
	}
	var err error
	if p.reads, err = openReplicas(d, c, p.lookups, log); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

// close ignores errors: nothing can be lost, and closing fails if the server has gone away.
func (p *pools) close() {
	if p.reads != nil {
		p.reads.Close()
	}
	for _, pool := range []*sql.DB{p.lanes, p.batches, p.corrections, p.lookups, p.feed} {
		if pool != nil {
			pool.Close() //nolint:errcheck // see above
		}
	}
}
