// Package api is Identikit over HTTP: it reads requests, hands observations to
// the linker, and writes answers and problems (RFC 9457). It is the only
// package that knows echo. It neither normalizes nor stores anything itself,
// and it reads no settings: they come in through Options.
package api

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/identikit/identikit/internal/identity"
)

// Linker turns observations into the clusters that they belong to, one cluster
// per observation and in their order. Its errors are *identity.Error.
type Linker interface {
	Link(ctx context.Context, seen []identity.Observation) ([]identity.Cluster, error)
}

// Options is what the handler needs. All fields but Version are required.
type Options struct {
	Linker     Linker
	Normalizer *identity.Normalizer
	Eraser     Eraser

	// Ready says whether requests can be served: nil, or an *identity.Error
	// whose Detail tells the operator what to do.
	Ready func(context.Context) error

	// Logger receives one line per request, without any value of a customer.
	Logger *slog.Logger

	// RequestTimeout bounds each request, from its header to its answer.
	RequestTimeout time.Duration

	// Version is shown at "/".
	Version string
}

// New returns the service as a handler that is safe for concurrent use.
func New(o Options) http.Handler {
	return newRouter(o)
}

type server struct {
	linker     Linker
	normalizer *identity.Normalizer
	eraser     Eraser
	ready      func(context.Context) error
	log        *slog.Logger
	timeout    time.Duration
	version    string
}

func newRouter(o Options) *echo.Echo {
	s := &server{
		linker:     o.Linker,
		normalizer: o.Normalizer,
		eraser:     o.Eraser,
		ready:      o.Ready,
		log:        o.Logger,
		timeout:    o.RequestTimeout,
		version:    o.Version,
	}
	e := echo.New()
	e.HTTPErrorHandler = s.refuse
	e.Use(s.serve)

	e.POST("/identify", s.identify)
	e.POST("/identify/batch", s.identifyBatch)
	e.DELETE("/contacts/:id", s.eraseContact)
	e.POST("/erasures", s.eraseValue)
	for path, handler := range map[string]echo.HandlerFunc{
		"/":             s.index,
		"/healthz":      s.healthz,
		"/readyz":       s.readyz,
		"/openapi.json": s.openapi,
	} {
		e.GET(path, handler)
		e.HEAD(path, handler)
	}
	return e
}
