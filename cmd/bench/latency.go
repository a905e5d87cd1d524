package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/identikit/identikit/internal/identity"
)

// calm is a load far below the capacity of one core, so that latencies are those of the requests and
// not of a queue: 8 callers, each every 40 ms on average, 200 requests/s.
func (b *bench) calm() load {
	return load{callers: 8, length: 2 * b.round, every: 40 * time.Millisecond}
}

// cluster measures requests about large clusters. One in ten adds a new value.
func (b *bench) cluster(ctx context.Context) (err error) {
	const clusters, members = 20, 1000
	s, err := b.open(ctx, "cluster", b.known)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	known, err := addClusters(ctx, s.database, clusters, members)
	if err != nil {
		return err
	}
	var added atomic.Uint64
	next := func(random *rand.Rand) identity.Observation {
		o := known[random.IntN(len(known))]
		if random.IntN(10) == 0 {
			o.Phone = fmt.Sprintf("7%09d", added.Add(1))
		}
		return o
	}
	connected, disconnect, err := clients(ctx, s.service.address, 1)
	if err != nil {
		return err
	}
	defer disconnect()
	one := side{name: "Identikit over HTTP, one caller", pid: s.service.pid(), call: overHTTP(connected, next)}
	r, err := b.observe(ctx, one, load{callers: 1, length: 2 * b.round})
	if err != nil {
		return err
	}
	b.details = append(b.details, detail{work: "1,000-member cluster, 9 known / 1 new value", side: one.name, rounds: []round{r}})
	b.rows = append(b.rows, row{
		work: "1,000-member cluster: identify", ours: fmt.Sprintf("p95 %.1f ms", p95(r)), ratio: spreadOf(p95(r)), target: under(25, "ms"),
	})
	return nil
}
