package mysql

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// silence is how long one of several servers may take for an answer until it is checked whether another
	// has taken over. Longer statements are left alone as long as none has.
	silence = time.Second
	// againAfter is the pause between two such checks.
	againAfter = silence / 4
	// lookLimit is how long that check may take, and silentLimit how long the silent server may.
	lookLimit   = time.Second
	silentLimit = lookLimit / 2
	// dialLimit is how long one of several servers may take to accept a connection.
	dialLimit = 2 * time.Second
)

// line is a network connection to one of several servers. It is closed when another server takes over: a
// server that stands still, or is cut off from its group, closes nothing, and what waits for its answer,
// COMMIT as well, would wait as long as its caller. Closing it also keeps such a server from answering
// with what it last knew.
type line struct {
	*net.TCPConn
	servers *servers
	at      int // of the host
	alarm   *time.Timer
	reading atomic.Bool
}

// dial returns the driver's function for connections to the host at an index.
func (c *connector) dial(at int, limit time.Duration) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := (&net.Dialer{Timeout: limit}).DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		tcp, ok := conn.(*net.TCPConn)
		if !ok {
			return conn, nil
		}
		l := &line{TCPConn: tcp, servers: c.servers, at: at}
		l.alarm = time.AfterFunc(time.Hour, func() {
			if c.suspect(at, c.accepts); l.reading.Load() {
				l.alarm.Reset(againAfter)
			}
		})
		l.alarm.Stop()
		c.add(l)
		return l, nil
	}
}

// Read implements net.Conn.
func (l *line) Read(b []byte) (int, error) {
	l.reading.Store(true)
	l.alarm.Reset(silence)
	defer l.alarm.Stop()
	defer l.reading.Store(false)
	return l.TCPConn.Read(b)
}

// Close implements net.Conn.
func (l *line) Close() error {
	l.servers.remove(l)
	return l.TCPConn.Close()
}

func (s *servers) add(l *line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines[l] = true
}

func (s *servers) remove(l *line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.lines, l)
}

// move makes the server at an index the one that is connected to, and closes the connections to others. It
// returns false, and does nothing, if a third one was made that since from was.
func (s *servers) move(from, to int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch int(s.last.Load()) {
	case to:
		return true
	case from:
	default:
		return false
	}
	s.last.Store(int64(to))
	for l := range s.lines {
		if l.at != to {
			l.TCPConn.Close() //nolint:errcheck // nobody uses it any more
		}
	}
	return true
}

// suspect looks for a server that has taken over from the one at an index, and moves to it unless the one
// still accepts writes, by a new connection to it: where there are several writers, a statement may just
// take long. It does nothing while it runs for another connection.
func (c *connector) suspect(at int, accepts func(context.Context, int) bool) {
	if int(c.last.Load()) != at || !c.looking.CompareAndSwap(false, true) {
		return
	}
	defer c.looking.Store(false)
	ctx, cancel := context.WithTimeout(context.Background(), lookLimit)
	defer cancel()
	still := make(chan bool, 1)
	go func() {
		limited, stop := context.WithTimeout(ctx, silentLimit)
		defer stop()
		still <- accepts(limited, at)
	}()
	if other, found := c.another(ctx, at); found && !<-still {
		c.move(at, other)
	}
}

// another returns a host besides one that accepts writes.
func (c *connector) another(ctx context.Context, but int) (at int, found bool) {
	answers := make(chan int, len(c.hosts))
	var looks sync.WaitGroup
	for i := range c.hosts {
		if i != but {
			looks.Go(func() {
				if c.accepts(ctx, i) {
					answers <- i
				}
			})
		}
	}
	go func() {
		looks.Wait()
		close(answers)
	}()
	at, found = <-answers
	return at, found
}

// accepts reports whether a host accepts writes.
func (c *connector) accepts(ctx context.Context, at int) bool {
	s, err := c.connect(ctx, at)
	if err != nil {
		return false
	}
	s.Close() //nolint:errcheck // it was only asked
	return true
}
