package tracing

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
)

// Tracer starts the spans of requests. nil starts none.
type Tracer struct{ tracer trace.Tracer }

// NewTracer returns a tracer whose spans, and all below them, go to a provider.
func NewTracer(p trace.TracerProvider) *Tracer { return &Tracer{p.Tracer(scope)} }

// StartRequest starts the span of an HTTP request, below that of its traceparent header if it has one.
// method is one of HTTP or OtherMethod, and route the pattern of the path, "" for none.
func (t *Tracer) StartRequest(ctx context.Context, header http.Header, method, route string) (context.Context, Span) {
	if t == nil {
		return ctx, Span{}
	}
	name := method
	if method == OtherMethod {
		name = "HTTP"
	}
	attributes := []attribute.KeyValue{semconv.HTTPRequestMethodKey.String(method)}
	if route != "" {
		name += " " + route
		attributes = append(attributes, semconv.HTTPRoute(route))
	}
	ctx, _ = t.tracer.Start(withParent(ctx, header), name,
		trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(attributes...))
	return ctx, FromContext(ctx)
}

// withParent takes the ids of traceparent, and nothing else that a client may write: no tracestate, no
// baggage. An id of digits alone is refused, because it may be a phone number.
func withParent(ctx context.Context, header http.Header) context.Context {
	found := propagation.TraceContext{}.Extract(ctx, propagation.HeaderCarrier(header))
	parent := trace.SpanContextFromContext(found).WithTraceState(trace.TraceState{})
	if !parent.IsValid() || strings.Trim(parent.TraceID().String(), "0123456789") == "" {
		return ctx
	}
	return trace.ContextWithRemoteSpanContext(ctx, parent)
}

// EndRequest ends the span of a request that got a status. outcome is another one if it failed after its
// answer had begun.
func (s Span) EndRequest(status, outcome int) {
	if s.span == nil {
		return
	}
	s.span.SetAttributes(semconv.HTTPResponseStatusCode(status))
	kind := ""
	if outcome >= http.StatusInternalServerError {
		kind = strconv.Itoa(outcome)
	}
	s.Fail(kind)
}

// OtherMethod stands for a method that HTTP does not have: its name is a text of the client.
const OtherMethod = "_OTHER"

// Method returns the name of a method, or OtherMethod.
func Method(name string) string {
	switch name {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
		http.MethodConnect, http.MethodOptions, http.MethodTrace:
		return name
	}
	return OtherMethod
}
