package tracing

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// MaxLinks is how many links a span must have room for: as many as a group has requests.
const MaxLinks = 256

const groupSize = attribute.Key("identikit.group.size")

// StartGroup starts the span of a group of requests below s, the span of one of them. It returns ctx with
// it.
func (s Span) StartGroup(ctx context.Context, name string) (context.Context, Span) {
	if s.span == nil {
		return ctx, s
	}
	return s.start(ctx, name)
}

// SetSize says how many requests a group has, recorded or not.
func (s Span) SetSize(requests int) {
	if s.span != nil {
		s.span.SetAttributes(groupSize.Int(requests))
	}
}

// Link says that s and another span, maybe of another trace, belong together.
func (s Span) Link(other Span) {
	if s.span != nil && other.span != nil {
		s.span.AddLink(trace.Link{SpanContext: other.span.SpanContext()})
	}
}
