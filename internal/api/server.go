// Package api serves Identikit over HTTP: it reads requests, passes observations to the linker and
// questions to the lookup, and writes answers and problems (RFC 9457). It is the only package that
// uses echo. It does not normalize or store anything itself, and it reads no settings: they are
// passed in Options.
package api

import (
	"cmp"
	"context"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"github.com/identikit/identikit/internal/api/docs"
	"github.com/identikit/identikit/internal/apikey"
	"github.com/identikit/identikit/internal/correction"
	"github.com/identikit/identikit/internal/feed"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/replica"
	"github.com/identikit/identikit/internal/statistics"
	"github.com/identikit/identikit/internal/suppression"
	"github.com/identikit/identikit/internal/survey"
	"github.com/identikit/identikit/internal/tracing"
)

// Linker links observations and returns the cluster of each, in the same order. Its errors are
// *identity.Error.
type Linker interface {
	Link(ctx context.Context, seen []identity.Observation) ([]identity.Cluster, error)
}

// Feed returns events in the order of their cursors, as package feed describes. Its errors are
// *identity.Error.
type Feed interface {
	Read(ctx context.Context, after uint64, limit int) ([]feed.Event, error)
	Oldest(ctx context.Context) (uint64, error)
}

// Options configures the handler. All fields up to Stopping are required, except
// Replicas, Keys, Browsers and Tracer.
type Options struct {
	Linker      Linker
	Lookup      Lookup
	Lists       Lists
	Corrector   *correction.Corrector
	Eraser      Eraser
	Suppression *suppression.List
	Feed        Feed
	Normalizer  *identity.Normalizer
	Statistics  *statistics.Reader
	Surveyor    *survey.Surveyor

	// Replicas is where GET requests are read from as well; nil for the primary only.
	Replicas *replica.Router

	// Keys checks the API keys of requests; nil if there are no keys at all, and everybody may do everything.
	// KeysRequired says whether a request without a key is refused. Keeper changes the keys.
	Keys         *apikey.Ring
	KeysRequired bool
	Keeper       *apikey.Keeper
	Sessions     *apikey.Sessions // of browsers; nil for none

	// Quota is that of keys without their own. Proxies are the addresses whose X-Forwarded-For says who sent a
	// request.
	Quota   apikey.Quota
	Proxies []*net.IPNet

	// Browsers says which web pages may use the service. The zero value allows those of its own origin.
	Browsers Browsers

	// Console serves web pages at /console; nil for none.
	Console http.Handler

	// Ready reports whether requests can be served: nil, or an *identity.Error whose Detail tells
	// the operator what to do.
	Ready func(context.Context) error

	// Logger receives one line per request, without any values. Of requests that succeed within a second, only
	// the share LogSample is logged, from 0 for none to 1 for all; their lines then have that number.
	Logger    *slog.Logger
	LogSample float64

	// Tracer starts a span for each request; nil starts none.
	Tracer *tracing.Tracer

	// RequestTimeout limits each request, from its header to its answer. In a stream it limits each
	// write.
	RequestTimeout time.Duration

	// Stopping is closed when the service begins to stop. It ends all streams.
	Stopping <-chan struct{}

	// Poll is how often a stream looks for events (500 ms). Heartbeat is how often it sends a
	// comment (15 s), so that no proxy closes it as idle.
	Poll, Heartbeat time.Duration

	// MaxStreams is the most streams at a time (100), and MaxKeyStreams that of one API key (10).
	MaxStreams, MaxKeyStreams int

	// MaxBatches is the most batches at a time (4); others wait.
	MaxBatches int

	// Version is shown at "/".
	Version string

	// Hooks are called when something happens.
	Hooks Hooks
}

// New returns the service as a handler that is safe for concurrent use.
func New(o Options) http.Handler {
	return newRouter(o)
}

type server struct {
	linker      Linker
	lookup      Lookup
	lists       Lists
	corrector   *correction.Corrector
	suppression *suppression.List
	feed        Feed
	normalizer  *identity.Normalizer
	eraser      Eraser
	stats       *statistics.Reader
	surveyor    *survey.Surveyor
	replicas    *replica.Router
	guard       *guard
	keys        *apikey.Ring
	keeper      *apikey.Keeper
	sessions    *apikey.Sessions
	ready       func(context.Context) error
	log         *slog.Logger
	logSample   float64
	tracer      *tracing.Tracer
	timeout     time.Duration
	version     string
	reference   func() (docs.Page, error) // for /docs, made when it is first asked for

	keysRequired bool
	hooks        Hooks
	known        map[string]bool // the paths of the routes
	quotas       quotas
	failures     *middleware.RateLimiterMemoryStore

	stopping        <-chan struct{}
	poll, heartbeat time.Duration
	streams         *streamLimit
	batches         chan struct{} // one element per batch
}

func newRouter(o Options) *echo.Echo {
	s := &server{
		linker:      o.Linker,
		lookup:      o.Lookup,
		lists:       o.Lists,
		corrector:   o.Corrector,
		suppression: o.Suppression,
		feed:        o.Feed,
		normalizer:  o.Normalizer,
		eraser:      o.Eraser,
		stats:       o.Statistics,
		surveyor:    o.Surveyor,
		replicas:    o.Replicas,
		guard:       newGuard(o.Browsers),
		keys:        o.Keys,
		keeper:      o.Keeper,
		sessions:    o.Sessions,
		ready:       o.Ready,
		log:         o.Logger,
		logSample:   o.LogSample,
		tracer:      o.Tracer,
		timeout:     o.RequestTimeout,
		version:     o.Version,
		reference:   sync.OnceValues(renderDocs),

		keysRequired: o.KeysRequired,
		hooks:        o.Hooks,
		known:        map[string]bool{},
		quotas:       quotas{usual: o.Quota},
		failures:     newFailures(),

		stopping:  o.Stopping,
		poll:      cmp.Or(o.Poll, 500*time.Millisecond),
		heartbeat: cmp.Or(o.Heartbeat, 15*time.Second),
		streams:   newStreamLimit(cmp.Or(o.MaxStreams, 100), cmp.Or(o.MaxKeyStreams, 10)),
		batches:   make(chan struct{}, cmp.Or(o.MaxBatches, 4)),
	}
	e := echo.New()
	e.HTTPErrorHandler = s.refuse
	e.IPExtractor = addresses(o.Proxies)
	e.Use(s.serve)
	if len(o.Browsers.Origins) > 0 {
		e.Use(cors(o.Browsers.Origins))
	}

	for _, r := range s.routes() {
		s.known[r.path] = true
		e.Add(r.method, r.path, s.guarded(r, s.positioned(r, s.authorized(r, s.repeatable(r, checked(r))))))
	}
	if o.Console != nil {
		console := s.guarded(route{path: consolePath}, echo.WrapHandler(o.Console))
		for _, path := range []string{"", "/*"} {
			e.GET(consolePath+path, console)
			e.HEAD(consolePath+path, console)
		}
	}
	return e
}

// consolePath is where the web pages are.
const consolePath = "/console"

// addresses returns who sent a request: the address of its connection, or as the given proxies say.
func addresses(proxies []*net.IPNet) echo.IPExtractor {
	if len(proxies) == 0 {
		return echo.ExtractIPDirect()
	}
	trust := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, p := range proxies {
		trust = append(trust, echo.TrustIPRange(p))
	}
	return echo.ExtractIPFromXFFHeader(trust...)
}
