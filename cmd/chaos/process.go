package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/testbed"
)

const stopTime = 30 * time.Second

// process is a process of the service, with a proxy of its own to the database.
type process struct {
	number  int
	service *testbed.Service
	proxy   *testbed.Proxy

	mu   sync.Mutex
	down []span // when it was killed, stopped or paused
}

// span is a part of a round.
type span struct{ start, end time.Duration }

func (s span) overlaps(other span) bool { return s.start <= other.end && other.start <= s.end }

// startProcess starts a process on a database. What it logs is written to log.
func startProcess(ctx context.Context, n int, b testbed.Binary, db mysql.Config, log io.Writer, env []string) (*process, error) {
	u, err := url.Parse(db.URL())
	if err != nil {
		return nil, err
	}
	network, address := "tcp", u.Host
	if socket := u.Query().Get("socket"); socket != "" {
		network, address = "unix", socket
	}
	p := &process{number: n}
	if p.proxy, err = testbed.NewProxy(ctx, network, address); err != nil {
		return nil, err
	}
	u.Host, u.RawQuery = p.proxy.Address(), ""
	p.service = b.Service(u.String(), log, env...)
	if err := p.service.Start(); err != nil {
		return nil, errors.Join(err, p.proxy.Close())
	}
	return p, nil
}

func (p *process) url(path string) string { return "http://" + p.service.Address() + path }

func (p *process) stop() error {
	p.proxy.Hold(false)
	return errors.Join(ignoreExit(p.service.Stop()), p.proxy.Close())
}

// ignoreExit is for a service that lost its database while it stopped.
func ignoreExit(err error) error {
	if err != nil {
		return fmt.Errorf("stop the service: %w", err)
	}
	return nil
}

// goesDown marks that the process may not answer from now on.
func (p *process) goesDown(now time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = append(p.down, span{now, never})
}

// isUp marks that the process answers again.
func (p *process) isUp(now time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down[len(p.down)-1].end = now
}

// mayBeSilent reports whether a request in some time may be without an answer, or late.
func (p *process) mayBeSilent(s span) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.ContainsFunc(p.down, s.overlaps)
}
