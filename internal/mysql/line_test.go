package mysql_test

import (
	"context"
	"database/sql"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/mysqltest"
)

// host is a way to a database that can stand still: it accepts connections and keeps them open, but nothing
// passes. So does a server after SIGSTOP.
type host struct {
	net.Listener
	network, target string
	passing         sync.RWMutex // locked while it stands still
}

// newHosts returns hosts for one database, and a pool for them all.
func newHosts(t *testing.T) (hosts [2]*host, pool *sql.DB) {
	t.Helper()
	u, err := url.Parse(mysqltest.NewDB(t).URL())
	if err != nil {
		t.Fatal(err)
	}
	network, target := "tcp", u.Host
	if socket := u.Query().Get("socket"); socket != "" {
		network, target = "unix", socket
	}
	for i := range hosts {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		hosts[i] = &host{Listener: l, network: network, target: target}
		t.Cleanup(func() { l.Close() })
		go hosts[i].serve()
	}
	u.Host, u.RawQuery = hosts[0].Addr().String()+","+hosts[1].Addr().String(), ""
	config, err := mysql.ParseURL(u.String())
	if err != nil {
		t.Fatal(err)
	}
	if pool, err = mysql.Open(config, 4); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pool.Close() })
	return hosts, pool
}

func (h *host) serve() {
	for {
		client, err := h.Accept()
		if err != nil {
			return
		}
		go func() {
			server, err := net.Dial(h.network, h.target)
			if err != nil {
				client.Close()
				return
			}
			go h.forward(client, server)
			h.forward(server, client)
		}()
	}
}

func (h *host) forward(from, to net.Conn) {
	defer from.Close()
	defer to.Close()
	buffer := make([]byte, 1<<16)
	for {
		n, err := from.Read(buffer)
		h.passing.RLock()
		if err == nil {
			_, err = to.Write(buffer[:n])
		}
		h.passing.RUnlock()
		if err != nil {
			return
		}
	}
}

// Fails when a statement or a COMMIT waits until its deadline for a server that stands still although
// another accepts writes, or when connections to the first are used again once it moves on: it would
// answer with what it last knew.
func TestSilentServerIsLeft(t *testing.T) {
	t.Parallel()
	for name, work := range map[string]func(context.Context, *sql.Tx, func()) error{
		"statement": func(ctx context.Context, tx *sql.Tx, freeze func()) error {
			freeze()
			_, err := tx.ExecContext(ctx, "SELECT 1")
			return err
		},
		"commit": func(_ context.Context, _ *sql.Tx, freeze func()) error { freeze(); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hosts, pool := newHosts(t)
			idle, err := pool.Conn(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			err = mysql.InTx(ctx, pool, func(tx *sql.Tx) error { return work(ctx, tx, hosts[0].passing.Lock) })
			if !mysql.IsLost(err) {
				t.Fatalf("got %v, want an error that says that the server is lost", err)
			}
			if err := pool.PingContext(ctx); err != nil {
				t.Errorf("the other host: %v", err)
			}
			hosts[0].passing.Unlock()
			if _, err := idle.ExecContext(ctx, "SELECT 1"); err == nil {
				t.Error("a connection to the first host was used again")
			}
			idle.Close()
		})
	}
}

// Fails when a statement that takes long is taken for a server that stands still: imports and verification
// have such statements, and both hosts here accept writes.
func TestLongStatementIsLeftAlone(t *testing.T) {
	t.Parallel()
	_, pool := newHosts(t)
	var slept int
	if err := pool.QueryRowContext(t.Context(), "SELECT SLEEP(3)").Scan(&slept); err != nil || slept != 0 {
		t.Errorf("got %d, %v", slept, err)
	}
}
