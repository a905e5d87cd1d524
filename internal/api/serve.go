package api

import (
	"context"
	crand "crypto/rand"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"regexp"
	"runtime/debug"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/tracing"
)

// statusClientGone is logged for a request whose client left before the answer. It is nginx's
// number and is never sent.
const statusClientGone = 499

// slow is how long a request takes that is logged whatever the sample is.
const slow = time.Second

// serve wraps every request: it assigns an id and a deadline, turns a panic or an error into a
// problem answer, and logs one line.
//
// It is one middleware instead of echo's four (RequestID, ContextTimeout, Recover, RequestLogger)
// because the log line needs the id, the final status and the error, even after a panic, and with
// four of them that depends on their order.
func (s *server) serve(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		start := time.Now()
		req := c.Request()
		c.Response().Header().Set(echo.HeaderXRequestID, requestID(req.Header.Get(echo.HeaderXRequestID)))
		ctx, cancel := s.bounded(c)
		defer cancel()
		ctx, span := s.traced(ctx, c)
		c.SetRequest(req.WithContext(ctx))

		err := recovered(next, c)
		if err != nil {
			s.refuse(err, c)
		}
		span.EndRequest(s.record(c, start, err, req.Context().Err() != nil))
		return nil
	}
}

// bounded returns the context of the request. It ends at the deadline or, for a stream, when the
// service stops: http.Server waits for streams when it shuts down, but does not end them.
func (s *server) bounded(c echo.Context) (context.Context, context.CancelFunc) {
	if !isStream(c) {
		return context.WithTimeout(c.Request().Context(), s.timeout)
	}
	ctx, cancel := context.WithCancel(c.Request().Context())
	go func() {
		select {
		case <-s.stopping:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// traced starts the span of a request and returns its context with it. A health check has none, as it has no log
// line. A stream has one, but nothing below it: it asks the database twice a second for as long as it lasts.
func (s *server) traced(ctx context.Context, c echo.Context) (context.Context, tracing.Span) {
	if isHealth(c.Path()) {
		return ctx, tracing.Span{}
	}
	req := c.Request()
	ctx, span := s.tracer.StartRequest(ctx, req.Header, tracing.Method(req.Method), c.Path())
	if isStream(c) {
		ctx = tracing.Unrecorded(ctx)
	}
	return ctx, span
}

// recovered calls next and returns its panic as a *panicError.
func recovered(next echo.HandlerFunc, c echo.Context) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &panicError{value: v, stack: debug.Stack()}
		}
	}()
	return next(c)
}

// record writes the access log and returns the status in it, and that of the outcome, which differs if the
// answer had begun before the error. It logs the pattern of the route, because a path or a query may contain
// an e-mail address.
func (s *server) record(c echo.Context, start time.Time, err error, gone bool) (status, outcome int) {
	status = c.Response().Status
	outcome = status
	var code identity.Code
	if err != nil {
		p := problemOf(err, "")
		outcome, code = p.Status, p.Code
	}
	if gone && outcome == http.StatusServiceUnavailable {
		status, outcome, code = statusClientGone, statusClientGone, ""
	}
	s.answered(c, outcome, code, start)
	ctx, level, took := c.Request().Context(), levelOf(outcome, c.Path()), time.Since(start)
	sampled := outcome < http.StatusBadRequest && took < slow && s.logSample < 1
	if !s.log.Enabled(ctx, level) || sampled && rand.Float64() >= s.logSample { //nolint:gosec // a sample, not a secret
		return status, outcome
	}
	attrs := append(make([]slog.Attr, 0, 10),
		slog.String("method", tracing.Method(c.Request().Method)),
		slog.String("route", c.Path()),
		slog.Int("status", status),
		slog.Float64("duration_ms", float64(took.Microseconds())/1000),
		slog.Int64("bytes", c.Response().Size),
		slog.String("request_id", idOf(c)),
	)
	if code != "" {
		attrs = append(attrs, slog.String("code", string(code)))
	}
	if id := tracing.TraceID(ctx); id != "" {
		attrs = append(attrs, slog.String("trace_id", id))
	}
	if sampled {
		attrs = append(attrs, slog.Float64("sample_rate", s.logSample))
	}
	if err != nil && outcome >= http.StatusInternalServerError {
		attrs = append(attrs, causeOf(err)...)
	}
	s.log.LogAttrs(ctx, level, "request", attrs...)
	return status, outcome
}

// levelOf keeps successful health checks, several a minute, out of the log.
func levelOf(outcome int, route string) slog.Level {
	switch {
	case outcome == http.StatusServiceUnavailable:
		return slog.LevelWarn
	case outcome >= http.StatusInternalServerError:
		return slog.LevelError
	case outcome == http.StatusOK && isHealth(route):
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

func isHealth(route string) bool { return route == "/healthz" || route == "/readyz" }

// idForm matches a UUID, a W3C trace id, a ULID and the result of rand.Text.
var idForm = regexp.MustCompile(`^(?:[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}|[0-9A-Fa-f]{32}|` +
	`[0-7][0-9A-HJKMNP-TV-Z]{25}|[A-Z2-7]{26})$`)

// requestID returns the id that the client sent if it has a known form, or else a new one. The id
// is logged, so it must not be a value: an id of digits alone is refused, because it may be a phone
// number.
func requestID(sent string) string {
	if idForm.MatchString(sent) && strings.Trim(sent, "0123456789-") != "" {
		return sent
	}
	return crand.Text()
}

func idOf(c echo.Context) string {
	return c.Response().Header().Get(echo.HeaderXRequestID)
}
