// Package tracing writes OpenTelemetry spans of requests, groups and queries. Where they go is set up in
// cmd/identikit. Below a context without a recorded span, everything here does nothing and allocates
// nothing.
//
// A span never has a value: its names come from the code, and its attributes are sizes, numbers and kinds.
package tracing

import (
	"context"

	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
)

// scope is the name of the instrumentation, as OpenTelemetry calls what writes spans.
const scope = "github.com/identikit/identikit"

// Span is a span that is recorded. The zero value is none, and its methods do nothing. A Span is safe for
// concurrent use.
type Span struct{ span trace.Span }

// FromContext returns the span of a context, or the zero value if it is not recorded.
func FromContext(ctx context.Context) Span {
	if span := trace.SpanFromContext(ctx); span.IsRecording() {
		return Span{span}
	}
	return Span{}
}

// TraceID returns the trace to which a context belongs, recorded or not, or "".
func TraceID(ctx context.Context) string {
	if sc := trace.SpanContextFromContext(ctx); sc.HasTraceID() {
		return sc.TraceID().String()
	}
	return ""
}

// Unrecorded returns a context of the same trace in which no spans are recorded.
func Unrecorded(ctx context.Context) context.Context {
	sc := trace.SpanContextFromContext(ctx)
	if !sc.IsValid() {
		return ctx
	}
	return trace.ContextWithSpanContext(ctx, sc)
}

// Recorded reports whether s is a span.
func (s Span) Recorded() bool { return s.span != nil }

// Start starts a span below s.
func (s Span) Start(name string) Span {
	if s.span == nil {
		return s
	}
	_, child := s.start(context.Background(), name)
	return child
}

// start starts a span below s, and returns ctx with it. s must be recorded.
func (s Span) start(ctx context.Context, name string, options ...trace.SpanStartOption) (context.Context, Span) {
	tracer := s.span.TracerProvider().Tracer(scope)
	ctx, child := tracer.Start(trace.ContextWithSpan(ctx, s.span), name, options...)
	return ctx, Span{child}
}

// End ends the span.
func (s Span) End() {
	if s.span != nil {
		s.span.End()
	}
}

// Fail ends the span, as failed unless kind is "". kind is a number or a type, never the text of an error,
// which may quote a value.
func (s Span) Fail(kind string) {
	if s.span == nil {
		return
	}
	if kind != "" {
		s.span.SetStatus(codes.Error, "")
		s.span.SetAttributes(semconv.ErrorTypeKey.String(kind))
	}
	s.span.End()
}

// Retry notes that the work of the span is done again, because of an error of a kind as in Fail.
func (s Span) Retry(kind string) {
	if s.span != nil {
		s.span.AddEvent("retry", trace.WithAttributes(semconv.ErrorTypeKey.String(kind)))
	}
}
