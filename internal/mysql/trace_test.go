package mysql

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/identikit/identikit/internal/tracing"
)

// Fails when a retry is not seen in the span of the work that is repeated, or a failed attempt not in its own.
func TestRetryIsTraced(t *testing.T) {
	t.Parallel()
	spans := tracetest.NewInMemoryExporter()
	tracer := tracing.NewTracer(sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans)))
	ctx, span := tracer.StartRequest(t.Context(), nil, "POST", "/identify")
	attempts := 0
	err := Retry(ctx, 5, func() error {
		if attempts++; attempts < 3 {
			return ErrRetry
		}
		return context.Canceled
	})
	span.End()
	if err == nil || attempts != 3 {
		t.Fatalf("%d attempts, error %v", attempts, err)
	}
	var got []string
	for _, e := range spans.GetSpans()[0].Events {
		got = append(got, e.Name+" "+e.Attributes[0].Value.AsString())
	}
	if diff := cmp.Diff([]string{"retry changed", "retry changed"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
