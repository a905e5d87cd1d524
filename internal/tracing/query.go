package tracing

import (
	"context"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
)

const outcome = attribute.Key("identikit.transaction.outcome")

// StartTransaction starts the span of a transaction below that of a context.
func StartTransaction(ctx context.Context) Span {
	parent := FromContext(ctx)
	if parent.span == nil {
		return parent
	}
	_, span := parent.start(ctx, "transaction", trace.WithAttributes(semconv.DBSystemNameMySQL))
	return span
}

// EndTransaction ends the span of a transaction with its outcome, "commit" or "rollback", and the kind of
// its error as in Fail.
func (s Span) EndTransaction(how, kind string) {
	if s.span != nil {
		s.span.SetAttributes(outcome.String(how))
		s.Fail(kind)
	}
}

// StartQuery starts the span of a statement below that of its transaction or, without one, that of a
// context. It is called as sqlc calls the query. A statement without such a name has no span.
func StartQuery(ctx context.Context, transaction Span, statement string) Span {
	parent := transaction
	if parent.span == nil {
		parent = FromContext(ctx)
	}
	name := queryName(statement)
	if parent.span == nil || name == "" {
		return Span{}
	}
	_, span := parent.start(ctx, name, trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(semconv.DBSystemNameMySQL, semconv.DBQuerySummary(name)))
	return span
}

// queryName returns the name in the first line of what sqlc generates, such as "-- name: FindContact
// :one", or "".
func queryName(statement string) string {
	rest, named := strings.CutPrefix(statement, "-- name: ")
	if !named {
		return ""
	}
	name, _, _ := strings.Cut(rest, " ")
	return name
}
