package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/lanes"
	"github.com/identikit/identikit/internal/linker"
	"github.com/identikit/identikit/internal/metrics"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/statistics"
)

// opsStop is how long requests may take when the service has stopped.
const opsStop = time.Second

// operations is the server for those who operate the service: metrics, profiles and health. It needs no key, so
// it must not be reachable from outside. A nil *operations serves and counts nothing.
type operations struct {
	listener net.Listener
	metrics  *metrics.Metrics
	db       *sql.DB // one connection, so that a look at the database waits for no request
	server   *http.Server
}

// openOperations listens, so that a port in use is reported at once. It returns nil without an address. The
// caller must close the result.
func openOperations(ctx context.Context, address string) (*operations, error) {
	if address == "" {
		return nil, nil //nolint:nilnil // nil is of use
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%w; set OPS_ADDR to another address", err)
	}
	return &operations{listener: listener, metrics: metrics.New(buildVersion())}, nil
}

// counting returns a context under which repeated work is counted.
func (o *operations) counting(ctx context.Context) context.Context {
	if o == nil {
		return ctx
	}
	return mysql.WithRetryHook(ctx, o.metrics.Retried)
}

// hooks returns the metrics, nil for none.
func (o *operations) hooks() *metrics.Metrics {
	if o == nil {
		return nil
	}
	return o.metrics
}

// linkerHook returns what counts observations that were linked: a counter, and the metrics if there are any.
func (o *operations) linkerHook(counter *statistics.Counter) linker.Hook {
	hook := o.hooks().Linker()
	if hook == nil {
		return counter.Linked
	}
	return func(c cluster.Counts, answers []identity.Cluster) {
		counter.Linked(c, answers)
		hook(c, answers)
	}
}

// lanesHooks is linkerHook for package lanes.
func (o *operations) lanesHooks(counter *statistics.Counter) lanes.Hooks {
	hooks := o.hooks().Lanes()
	known := hooks.Known
	hooks.Known = func(answer identity.Cluster) {
		counter.Known(answer)
		if known != nil {
			known(answer)
		}
	}
	return hooks
}

// watch adds what is asked for when the metrics are read.
func (o *operations) watch(d *database, p *pools, groups *lanes.Lanes) (err error) {
	if o == nil {
		return nil
	}
	if o.db, err = mysql.Open(d.config, 1); err != nil {
		return err
	}
	o.metrics.WatchDatabase(o.db, d.ready)
	o.metrics.WatchLanes(groups.Stats)
	o.metrics.WatchReplicas(p.reads)
	o.metrics.WatchPools(map[string]*sql.DB{
		"lanes": p.lanes, "batches": p.batches, "corrections": p.corrections, "lookups": p.lookups, "feed": p.feed, "ready": d.probe,
	})
	return nil
}

// start begins to serve. Questions about health are answered by the API.
func (o *operations) start(api http.Handler, log *slog.Logger) {
	if o == nil {
		return
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", o.metrics.Handler(log))
	mux.Handle("GET /healthz", api)
	mux.Handle("GET /readyz", api)
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("POST /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	o.server = &http.Server{
		Handler:           mux,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      2 * time.Minute, // longer than a profile, which takes 30 seconds unless it is asked for more
		IdleTimeout:       2 * time.Minute, // longer than the interval of Prometheus
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	log.Info("serving metrics and profiles", "address", o.listener.Addr().String())
	go func() {
		if err := o.server.Serve(o.listener); !errors.Is(err, http.ErrServerClosed) {
			log.Error("metrics and profiles are not served any more", "error", err)
		}
	}()
}

// close ends the requests that are running.
func (o *operations) close() {
	if o == nil {
		return
	}
	if o.server != nil {
		ctx, cancel := context.WithTimeout(context.Background(), opsStop)
		defer cancel()
		if o.server.Shutdown(ctx) != nil {
			o.server.Close() //nolint:errcheck // there is nothing to lose
		}
	}
	o.listener.Close() //nolint:errcheck // closed by the server before
	if o.db != nil {
		o.db.Close() //nolint:errcheck // it was only read from
	}
}
