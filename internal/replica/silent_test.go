package replica_test

import (
	"context"
	"database/sql"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/replica"
)

// gate is a proxy to a server. While it is shut it passes nothing on and closes nothing, like a server that
// stands still.
type gate struct {
	listener net.Listener
	network  string
	target   string
	passing  sync.RWMutex // locked while the gate is shut
}

func (g *gate) open() { g.passing.Unlock() }
func (g *gate) shut() { g.passing.Lock() }

// through starts the gate and returns how to reach the server behind it.
func (g *gate) through(t *testing.T) func(mysql.Config) mysql.Config {
	return func(c mysql.Config) mysql.Config {
		u, err := url.Parse(c.URL())
		if err != nil {
			t.Fatal(err)
		}
		g.network, g.target = "tcp", u.Host
		query := u.Query()
		if socket := query.Get("socket"); socket != "" {
			g.network, g.target = "unix", socket
			query.Del("socket")
		}
		if g.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { g.listener.Close() })
		go g.serve(g.listener)
		u.Host, u.RawQuery = g.listener.Addr().String(), query.Encode()
		if c, err = mysql.ParseURL(u.String()); err != nil {
			t.Fatal(err)
		}
		return c
	}
}

func (g *gate) serve(l net.Listener) {
	for {
		client, err := l.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial(g.network, g.target)
		if err != nil {
			client.Close()
			continue
		}
		go g.pass(client, server)
		go g.pass(server, client)
	}
}

func (g *gate) pass(from, to net.Conn) {
	defer from.Close()
	defer to.Close()
	part := make([]byte, 1<<16)
	for {
		n, err := from.Read(part)
		if err != nil {
			return
		}
		g.passing.RLock()
		_, err = to.Write(part[:n])
		g.passing.RUnlock()
		if err != nil {
			return
		}
	}
}

// Fails when a replica that stands still keeps its reads until their deadline, is used further on, or is not
// used again when it answers.
func TestSilentReplica(t *testing.T) {
	t.Parallel()
	g := &gate{}
	p := newPair(t, time.Hour, g.through(t))
	p.follow(t)
	anywhere := replica.With(t.Context(), replica.Position{})
	p.eventually(t, anywhere, "replica")
	g.shut()
	defer func() {
		g.open()
		p.eventually(t, anywhere, "replica")
	}()
	// Without a deadline: it would wait for ever.
	var calls int
	var n int64
	err := p.router.Read(anywhere, func(ctx context.Context, db *sql.DB) error {
		calls++
		return db.QueryRowContext(ctx, "SELECT n FROM counter").Scan(&n)
	})
	if err != nil || calls != 2 {
		t.Errorf("%d calls, %v; want one on each server", calls, err)
	}
	if got := p.where(t, anywhere); got != "primary" {
		t.Errorf("read from the %s while it stands still", got)
	}
}

// Fails when a replica without a server behind it hinders reads, or is not used once there is one.
func TestUnreachableReplica(t *testing.T) {
	t.Parallel()
	g := &gate{}
	var reach mysql.Config
	p := newPair(t, time.Hour, func(c mysql.Config) mysql.Config {
		reach = g.through(t)(c)
		g.listener.Close()
		return reach
	})
	p.follow(t)
	anywhere := replica.With(t.Context(), replica.Position{})
	if got := p.where(t, anywhere); got != "primary" {
		t.Errorf("read from the %s", got)
	}
	again, err := net.Listen("tcp", reach.Addresses())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { again.Close() })
	go g.serve(again)
	p.eventually(t, anywhere, "replica")
}

// Fails when a read goes to the primary although another replica could do it.
func TestNextReplica(t *testing.T) {
	t.Parallel()
	g, other := &gate{}, &gate{}
	p := newPair(t, time.Hour, func(c mysql.Config) mysql.Config {
		one, two := g.through(t)(c), other.through(t)(c)
		both, err := mysql.ParseURL(strings.Replace(one.URL(), one.Addresses(), one.Addresses()+","+two.Addresses(), 1))
		if err != nil {
			t.Fatal(err)
		}
		return both
	})
	p.follow(t)
	anywhere := replica.With(t.Context(), replica.Position{})
	p.eventually(t, anywhere, "replica")
	g.shut()
	defer g.open()
	for range 4 { // at least one of the first two begins with the silent one
		if got := p.where(t, anywhere); got != "replica" {
			t.Errorf("read from the %s", got)
		}
	}
}
