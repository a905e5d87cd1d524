package mysql

import (
	"context"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	driver "github.com/go-sql-driver/mysql"
)

// ErrReadOnly is the error of a server that does not accept writes. It is retryable: another server may have
// taken over.
var ErrReadOnly = errors.New("the server does not accept writes")

// servers is what the pools of one Config know about its servers.
type servers struct {
	// last is the host that was connected to last, and tried first.
	last atomic.Int64

	// doubts counts the connections that found their server gone, or no longer the one that writes. A
	// connection that was made or checked before the last doubt is checked before its next use.
	doubts atomic.Int64

	looking atomic.Bool // whether a server that has taken over is looked for

	mu    sync.Mutex
	lines map[*line]bool // open connections, if there are several hosts
}

func newServers() *servers { return &servers{lines: map[*line]bool{}} }

// connector connects to the server that accepts writes, of one or several, and sets up the session.
type connector struct {
	hosts []sqldriver.Connector
	reads bool // whether the server need not accept writes
	*servers
}

func newConnector(c Config) (*connector, error) {
	all := &connector{servers: c.servers, reads: c.reads}
	for i, addr := range append([]string{c.driver.Addr}, c.others...) {
		d := c.clone()
		d.Addr = addr
		if len(c.others) > 0 {
			d.DialFunc = all.dial(i, dialLimit)
		}
		one, err := driver.NewConnector(d)
		if err != nil {
			return nil, fmt.Errorf("database settings: %w", err)
		}
		all.hosts = append(all.hosts, one)
	}
	return all, nil
}

// Each returns a config for each server of c, in their order. A pool of it connects to that server
// whether or not the server accepts writes.
func (c Config) Each() []Config {
	var all []Config
	for _, addr := range append([]string{c.driver.Addr}, c.others...) {
		d := c.clone()
		d.Addr = addr
		all = append(all, Config{driver: d, servers: newServers(), reads: true})
	}
	return all
}

// several reports whether there are several hosts.
func (c *connector) several() bool { return len(c.hosts) > 1 }

// Driver implements driver.Connector.
func (c *connector) Driver() sqldriver.Driver { return c.hosts[0].Driver() }

// Connect returns a connection to the first of several hosts that accepts writes, beginning with the one
// that did last, and closes the connections to another. A single host need not accept writes. The error is
// that of the last host.
func (c *connector) Connect(ctx context.Context) (sqldriver.Conn, error) {
	var err error
	first := int(c.last.Load())
	for i := range c.hosts {
		at := (first + i) % len(c.hosts)
		var conn *session
		if conn, err = c.connect(ctx, at); err == nil {
			if c.move(first, at) {
				return conn, nil
			}
			conn.Close() //nolint:errcheck // another host took over meanwhile
			return nil, ErrReadOnly
		}
		if ctx.Err() != nil {
			break
		}
	}
	return nil, err
}

func (c *connector) connect(ctx context.Context, at int) (*session, error) {
	doubts := c.doubts.Load() // before the look at the server
	raw, err := c.hosts[at].Connect(ctx)
	if err != nil {
		return nil, err
	}
	full, ok := raw.(connection)
	if !ok {
		return nil, fmt.Errorf("driver connection %T cannot run statements", raw)
	}
	s := newSession(full, c, at, doubts)
	// A driver parameter would need the variable's name, which differs between MySQL 8 and MariaDB 10;
	// BeginTx would cost a round trip per transaction.
	_, err = full.ExecContext(ctx, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", nil)
	if err == nil && c.several() {
		err = s.checkWrites(ctx)
	}
	if err != nil {
		full.Close() //nolint:errcheck // the first error matters
		return nil, err
	}
	return s, nil
}
