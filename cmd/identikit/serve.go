package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime"
	"sync"
	"time"

	"github.com/identikit/identikit/internal/api"
	"github.com/identikit/identikit/internal/apikey"
	"github.com/identikit/identikit/internal/console"
	"github.com/identikit/identikit/internal/correction"
	"github.com/identikit/identikit/internal/erasure"
	"github.com/identikit/identikit/internal/feed"
	"github.com/identikit/identikit/internal/idempotency"
	"github.com/identikit/identikit/internal/lanes"
	"github.com/identikit/identikit/internal/ledger"
	"github.com/identikit/identikit/internal/linker"
	"github.com/identikit/identikit/internal/lookup"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/statistics"
	"github.com/identikit/identikit/internal/suppression"
	"github.com/identikit/identikit/internal/survey"
	"github.com/identikit/identikit/internal/tracing"
)

// ballast is allocated and never written, so it takes no memory, but Go's garbage collector counts
// it as in use. The collector runs when the memory in use has doubled (GOGC=100). The service keeps
// a few MB and makes 7 KB of garbage in a request, so without the ballast the collector would run
// ten or more times a second. With it, the service takes 16 MB more, however much it keeps.
const ballast = 16 << 20

// firstLook limits how long the start waits for a configured database.
const firstLook = 5 * time.Second

// front is how the service is reached and watched.
type front struct {
	listener net.Listener
	ops      *operations     // nil for none
	tracer   *tracing.Tracer // nil for none
	log      *slog.Logger
}

func (a app) serve(ctx context.Context, args []string) (err error) {
	if err := noMore(args); err != nil {
		return err
	}
	c, err := a.loadConfig()
	if err != nil {
		return err
	}
	log, flush := newBufferedLogger(a.stderr, c.logLevel)
	defer flush()
	defer runtime.KeepAlive(make([]byte, ballast))
	// Listen before opening the database, so that a port in use is reported at once.
	listener, err := listen(ctx, c, log)
	if err != nil {
		return err
	}
	defer listener.Close() //nolint:errcheck // closed by the server before
	tracer, sendRest, err := startTraces(ctx, c.traces, log)
	if err != nil {
		return err
	}
	defer sendRest()
	ops, err := openOperations(ctx, c.ops)
	if err != nil {
		return err
	}
	defer ops.close() // last, so that it says until the end that the service is not ready
	ctx = ops.counting(ctx)
	c.database.limit = c.requestTimeout + time.Second // longer than any request
	d, err := openDatabase(ctx, c.database, log)
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, d.close())
		log.Info("stopped")
	}()
	if d.server != nil { // no other process can be migrating it
		if err := d.migrate(ctx); err != nil {
			return err
		}
	}
	return a.serveFrom(ctx, c, d, front{listener, ops, tracer, log})
}

// serveFrom serves from a database until ctx ends.
func (a app) serveFrom(ctx context.Context, c config, d *database, f front) error {
	log, ops := f.log, f.ops
	p, err := openPools(d, c.database, log)
	if err != nil {
		return err
	}
	defer p.close()
	keys := apikey.Start(d.probe, c.adminKey, log)
	defer keys.Close()
	suppressed := suppression.NewList(ledger.New(p.corrections), c.erasureKeys)
	looking, cancel := context.WithTimeout(ctx, firstLook)
	defer cancel()
	reportErasureKeys(looking, suppressed, log)
	a.announce(looking, c, d, f.listener, log)
	counter := statistics.NewCounter(p.corrections, log)
	defer counter.Start()() // it ends after the lanes, which it counts
	newLinker := func(pool *sql.DB) *linker.Linker {
		return linker.New(ledger.New(pool), c.policy, c.erasureKeys).WithHook(ops.linkerHook(counter))
	}
	groups := lanes.New(newLinker(p.lanes), log).WithBatches(newLinker(p.batches)).WithHooks(ops.lanesHooks(counter))
	defer groups.Stop() // before the database closes: it finishes the running groups
	if err := ops.watch(d, p, groups); err != nil {
		return err
	}
	events := feed.NewRouted(p.feed, p.reads)
	defer startRetention(ctx, events, p.corrections, c.eventsRetention, log)()
	surveyor := survey.New(p.corrections, p.reads, log)
	surveyor.Start()
	defer surveyor.Stop()
	o := p.options(c)
	o.Surveyor = surveyor
	o.Linker, o.Keys, o.Suppression, o.Feed = groups, keys, suppressed, events
	if c.console {
		if o.Console, err = console.New(); err != nil {
			return err
		}
	}
	o.Sessions = apikey.NewSessions(p.corrections, keys)
	o.Ready, o.Logger, o.Stopping = d.ready, log, ctx.Done()
	o.Tracer, o.Hooks = f.tracer, ops.hooks().API()
	handler := api.New(o)
	ops.start(handler, log)
	return serveHTTP(ctx, f.listener, c, log, handler)
}

// options returns what depends on the settings and the connections alone.
func (p *pools) options(c config) api.Options {
	corrections, reader := ledger.New(p.corrections), lookup.NewRouted(p.reads)
	return api.Options{
		Lookup:         reader,
		Lists:          reader,
		Corrector:      correction.New(corrections, c.policy, c.erasureKeys),
		Eraser:         erasure.New(corrections, c.erasureKeys),
		Normalizer:     c.normalizer,
		Statistics:     statistics.NewReader(p.reads),
		Replicas:       p.reads,
		KeysRequired:   c.keysRequired,
		Browsers:       c.browsers,
		Quota:          c.quota,
		Proxies:        c.proxies,
		Keeper:         apikey.NewKeeper(p.corrections),
		RequestTimeout: c.requestTimeout,
		LogSample:      c.logSample,
		Version:        buildVersion(),
	}
}

// startRetention deletes old idempotency keys, and events older than keep unless keep is 0, until ctx ends or
// stop is called. stop waits until the deletion has ended.
func startRetention(ctx context.Context, events *feed.Feed, db *sql.DB, keep time.Duration, log *slog.Logger) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { idempotency.Retain(ctx, db, log) })
	if keep > 0 {
		running.Go(func() { events.Retain(ctx, keep, log) })
	}
	return func() {
		cancel()
		running.Wait()
	}
}

// announce logs the address and the database, and on the terminal shows how to try the service. A
// database that is not ready is only a warning: the service answers 503 until it is ready, without
// a restart.
func (a app) announce(ctx context.Context, c config, d *database, listener net.Listener, log *slog.Logger) {
	server, err := mysql.Version(ctx, d.probe)
	if err != nil {
		server = "not reachable yet"
	}
	if err := d.ready(ctx); err != nil {
		log.Warn("not ready", "error", err)
	}
	log.Info("serving", "address", listener.Addr().String(), "version", buildVersion(), "database", server, "where", d.where)
	if c.production {
		return
	}
	var makeKey, sendKey string
	if c.keysRequired {
		makeKey = "Requests need an API key. Make one in another terminal:\n  identikit keys create --name me --scopes all\n"
		sendKey = "-H 'Authorization: Bearer idk_…' "
	}
	url := address(listener)
	fmt.Fprintf(a.stdout, `Identikit serves on port %d. Database: %s (%s).
%sTry it:
  curl %s--json '{"email":"lorraine@hillvalley.edu","phoneNumber":"123456"}' %s/identify
`, port(listener), server, d.where, makeKey, sendKey, url)
	if c.console {
		fmt.Fprintf(a.stdout, "The console is at %s/console, the API reference at %s/docs.\n", url, url)
	}
}

func port(l net.Listener) int {
	if tcp, ok := l.Addr().(*net.TCPAddr); ok {
		return tcp.Port
	}
	return 0
}

// address is the URL of the listener on this machine.
func address(l net.Listener) string {
	tcp, ok := l.Addr().(*net.TCPAddr)
	if !ok || tcp.IP.IsUnspecified() || tcp.IP.IsLoopback() {
		return fmt.Sprintf("http://localhost:%d", port(l))
	}
	return "http://" + l.Addr().String()
}
