package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// serveHTTP serves until ctx ends, and then until the running requests are answered or
// SHUTDOWN_TIMEOUT is over.
func serveHTTP(ctx context.Context, listener net.Listener, c config, log *slog.Logger, handler http.Handler) error {
	requests, abort := context.WithCancel(context.WithoutCancel(ctx))
	defer abort()
	server := newServer(c, log, handler)
	server.BaseContext = func(net.Listener) context.Context { return requests }
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve HTTP: %w", err)
	case <-ctx.Done():
	}
	log.Info("stopping")
	waiting, cancel := context.WithTimeout(requests, c.shutdownTimeout)
	defer cancel()
	if err := server.Shutdown(waiting); err != nil {
		abort()
		return errors.Join(errors.New("requests that ran longer than SHUTDOWN_TIMEOUT were canceled"), server.Close())
	}
	return nil
}

// newServer returns a server that no client can hold up for longer than these times. It serves HTTP/1.1 only:
// net/http offers HTTP/2 with TLS, which is left to proxies.
func newServer(c config, log *slog.Logger, handler http.Handler) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: c.requestTimeout,
		// Longer than any request, because the connection is closed at its end and a request that
		// used all of its time would lose its answer.
		ReadTimeout: c.requestTimeout + 5*time.Second,
		// Longer than a body may take to arrive, so that the answer to a slow body is still sent.
		WriteTimeout: c.requestTimeout + 10*time.Second,
		// Longer than load balancers keep connections, so that they close an idle one, not the
		// server while they send a request.
		IdleTimeout:    2 * time.Minute,
		MaxHeaderBytes: 16 << 10,
		ErrorLog:       slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}
