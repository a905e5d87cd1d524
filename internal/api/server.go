// Package api is Identikit over HTTP: it reads requests, hands observations to
// the linker and questions to the lookup, and writes answers and problems
// (RFC 9457). It is the only package that knows echo. It neither normalizes nor
// stores anything itself, and it reads no settings: they come in through
// Options.
package api

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/identikit/identikit/internal/feed"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker"
)

// Linker turns observations into the clusters that they belong to, one cluster
// per observation and in their order. Its errors are *identity.Error.
type Linker interface {
	Link(ctx context.Context, seen []identity.Observation) ([]identity.Cluster, error)
}

// Feed tells what changed, in the order of its cursors; package feed says how.
// Its errors are *identity.Error.
type Feed interface {
	Read(ctx context.Context, after uint64, limit int) ([]feed.Event, error)
	Oldest(ctx context.Context) (uint64, error)
}

// Options is what the handler needs. All fields up to Stopping are required.
type Options struct {
	Linker     Linker
	Lookup     Lookup
	Lists      Lists
	Operations *linker.Linker // for what changes by hand
	Feed       Feed
	Normalizer *identity.Normalizer
	Eraser     Eraser

	// Ready says whether requests can be served: nil, or an *identity.Error
	// whose Detail tells the operator what to do.
	Ready func(context.Context) error

	// Logger receives one line per request, without any value of a customer.
	Logger *slog.Logger

	// RequestTimeout bounds each request, from its header to its answer, and in
	// a stream each part of it.
	RequestTimeout time.Duration

	// Stopping is closed when the service begins to stop: streams end then.
	Stopping <-chan struct{}

	// Poll is how often a stream looks for events (500 ms), Heartbeat how often
	// it sends a comment (15 s), so that nobody on the way takes it for dead.
	Poll, Heartbeat time.Duration

	// MaxStreams is how many streams there may be at a time (100).
	MaxStreams int

	// Version is shown at "/".
	Version string
}

// New returns the service as a handler that is safe for concurrent use.
func New(o Options) http.Handler {
	return newRouter(o)
}

type server struct {
	linker     Linker
	lookup     Lookup
	lists      Lists
	operations *linker.Linker
	feed       Feed
	normalizer *identity.Normalizer
	eraser     Eraser
	ready      func(context.Context) error
	log        *slog.Logger
	timeout    time.Duration
	version    string

	stopping        <-chan struct{}
	poll, heartbeat time.Duration
	streams         chan struct{} // one element a stream
}

func newRouter(o Options) *echo.Echo {
	s := &server{
		linker:     o.Linker,
		lookup:     o.Lookup,
		lists:      o.Lists,
		operations: o.Operations,
		feed:       o.Feed,
		normalizer: o.Normalizer,
		eraser:     o.Eraser,
		ready:      o.Ready,
		log:        o.Logger,
		timeout:    o.RequestTimeout,
		version:    o.Version,
		stopping:   o.Stopping,
		poll:       cmp.Or(o.Poll, 500*time.Millisecond),
		heartbeat:  cmp.Or(o.Heartbeat, 15*time.Second),
		streams:    make(chan struct{}, cmp.Or(o.MaxStreams, 100)),
	}
	e := echo.New()
	e.HTTPErrorHandler = s.refuse
	e.Use(s.serve)

	e.POST("/identify", s.identify)
	e.POST("/identify/batch", s.identifyBatch)
	e.DELETE("/observations/:id", s.retract)
	e.POST("/observations/:id/restore", s.restore)
	e.PUT("/separations", s.separate)
	e.DELETE("/separations/:id", s.unseparate)
	e.POST("/refusals/:id/accept", s.accept)
	e.POST("/refusals/:id/dismiss", s.dismiss)
	e.POST("/blocked", s.block)
	e.DELETE("/blocked/:id", s.unblock)
	e.DELETE("/suppressions", s.liftValue)
	e.DELETE("/suppressions/:id", s.lift)
	e.DELETE("/contacts/:id", s.eraseContact)
	e.POST("/erasures", s.eraseValue)
	for path, handler := range map[string]echo.HandlerFunc{
		"/":                          s.index,
		"/healthz":                   s.healthz,
		"/readyz":                    s.readyz,
		"/openapi.json":              s.openapi,
		"/separations":               s.separations,
		"/refusals":                  s.refusals,
		"/blocked":                   s.blocks,
		"/suppressions":              s.suppressions,
		"/contacts":                  s.contactByValue,
		"/contacts/:id":              s.contactByID,
		"/contacts/:id/observations": s.observations,
		"/contacts/:id/history":      s.history,
		"/contacts/:id/explain":      s.explain,
		eventsPath:                   s.events,
	} {
		e.GET(path, handler)
		e.HEAD(path, handler)
	}
	return e
}
