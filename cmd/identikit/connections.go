package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"
)

// listen listens where the settings say, for at most MAX_CONNECTIONS connections at a time.
func listen(ctx context.Context, c config, log *slog.Logger) (net.Listener, error) {
	inner, err := new(net.ListenConfig).Listen(ctx, "tcp", c.listen)
	if err != nil {
		return nil, fmt.Errorf("%w; set PORT or HOST to another", err)
	}
	return &limitedListener{
		Listener: inner, log: log, open: make(chan struct{}, c.maxConnections), closed: make(chan struct{}),
	}, nil
}

// warnEvery is how often the log says that there are too many connections.
const warnEvery = time.Minute

// limitedListener accepts no connection while too many are open. Clients wait in the backlog of the operating
// system: their requests cost nothing until there is room, and are served then. Only one goroutine may call
// Accept.
type limitedListener struct {
	net.Listener
	log    *slog.Logger
	open   chan struct{} // one element per connection
	warned time.Time

	closed chan struct{}
	once   sync.Once
}

// Accept implements net.Listener.
func (l *limitedListener) Accept() (net.Conn, error) {
	if err := l.waitForRoom(); err != nil {
		return nil, err
	}
	conn, err := l.Listener.Accept()
	if err != nil {
		<-l.open
		return nil, err
	}
	return &limitedConn{Conn: conn, release: sync.OnceFunc(func() { <-l.open })}, nil
}

func (l *limitedListener) waitForRoom() error {
	select {
	case l.open <- struct{}{}:
		return nil
	default:
	}
	if now := time.Now(); now.Sub(l.warned) > warnEvery {
		l.warned = now
		l.log.Warn("MAX_CONNECTIONS connections are open; others wait", "connections", cap(l.open))
	}
	select {
	case l.open <- struct{}{}:
		return nil
	case <-l.closed:
		return net.ErrClosed
	}
}

// Close implements net.Listener.
func (l *limitedListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

// limitedConn is a connection that makes room when it is closed.
type limitedConn struct {
	net.Conn
	release func()
}

// Close implements net.Conn.
func (c *limitedConn) Close() error {
	defer c.release()
	return c.Conn.Close()
}

// CloseWrite lets the server end its answer before it closes the connection, so that a client which is still
// sending can read the answer.
func (c *limitedConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
