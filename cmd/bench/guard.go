package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"net/http"
	"time"

	"github.com/identikit/identikit/internal/identity"
)

// guard compares the service as it runs in production, where it checks a key and a quota for each request and
// counts what it does, with one that does none of that. Both are processes on one database.
func (b *bench) guard(ctx context.Context) (err error) {
	key := rand.Text() + rand.Text()
	s, err := b.open(ctx, "guard", b.known, "AUTH=required", "ADMIN_KEY="+key, "RATE_LIMIT=1000000", "OPS_ADDR=127.0.0.1:0")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	open, err := b.serve(ctx, s.database, "AUTH=open")
	if err != nil {
		return err
	}
	s.onClose(open.stop)
	if err := awaitKey(ctx, s.service.address, key); err != nil {
		return err
	}
	next := func(random *mathrand.Rand) identity.Observation { return s.people.known(random) }
	var sides []side
	for _, one := range []struct {
		name string
		*service
		key string
	}{{"with key, quota and metrics", s.service, key}, {"open", open, ""}} {
		connected, err := s.connect(ctx, one.address)
		if err != nil {
			return err
		}
		for _, c := range connected {
			c.key = one.key
		}
		sides = append(sides, side{name: one.name, pid: one.pid(), call: overHTTP(connected, next)})
	}
	const work = "all known, with key, quota and metrics"
	rounds, err := b.compare(ctx, work, sides...)
	if err != nil {
		return err
	}
	b.rows = append(b.rows, row{
		work: work, ours: fmt.Sprintf("%.0f/s", median(rounds[0], perSecond)),
		theirs: fmt.Sprintf("without them: %.0f/s", median(rounds[1], perSecond)),
		ratio:  ratios(rounds[0], rounds[1], perSecond), target: atLeast(0.95),
	})
	return nil
}

// awaitKey waits until the service has read its keys.
func awaitKey(ctx context.Context, address, key string) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/keys", http.NoBody)
		if err != nil {
			return err
		}
		request.Header.Set("Authorization", "Bearer "+key)
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		answer.Body.Close() //nolint:errcheck // it is not read
		if answer.StatusCode == http.StatusOK {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the key is not accepted: status %d", answer.StatusCode)
		case <-time.After(50 * time.Millisecond):
		}
	}
}
