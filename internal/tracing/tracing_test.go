package tracing

import (
	"context"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
)

// recorded returns a context with a span, and what has ended so far.
func recorded(t *testing.T) (context.Context, func() []string) {
	t.Helper()
	spans := tracetest.NewInMemoryExporter()
	tracer := NewTracer(sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans)))
	ctx, _ := tracer.StartRequest(t.Context(), http.Header{}, http.MethodGet, "/")
	return ctx, func() (names []string) {
		for _, s := range spans.GetSpans() {
			names = append(names, s.Name)
		}
		return names
	}
}

// everything does what a request does with spans.
func everything(ctx context.Context, tracer *Tracer, header http.Header) {
	ctx, request := tracer.StartRequest(ctx, header, Method(http.MethodPost), "/identify")
	span := FromContext(ctx)
	wait := span.Start("wait for lane")
	ctx, group := span.StartGroup(ctx, "read group")
	group.SetSize(2)
	group.Link(span)
	wait.Link(group)
	wait.End()
	tx := StartTransaction(ctx)
	StartQuery(ctx, tx, "-- name: FindMatches :many\nSELECT 1").Fail("")
	FromContext(ctx).Retry("1213")
	commit := tx.Start("commit")
	commit.Fail("")
	tx.EndTransaction("commit", "")
	group.End()
	_ = TraceID(Unrecorded(ctx)) // it is only the cost that matters
	request.EndRequest(http.StatusOK, http.StatusOK)
}

// Fails when a request pays for traces although there are none.
func TestOffAllocatesNothing(t *testing.T) { //nolint:paralleltest // AllocsPerRun counts all goroutines
	ctx, header := t.Context(), http.Header{"Traceparent": {"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}}
	if got := testing.AllocsPerRun(1000, func() { everything(ctx, nil, header) }); got != 0 {
		t.Errorf("%v allocations", got)
	}
	on, ended := recorded(t)
	everything(on, NewTracer(trace.SpanFromContext(on).TracerProvider()), header)
	want := []string{"wait for lane", "FindMatches", "commit", "transaction", "read group", "POST /identify"}
	if diff := cmp.Diff(want, ended()); diff != "" {
		t.Errorf("with a tracer (-want +got):\n%s", diff)
	}
}

// BenchmarkOff measures what a request pays without traces.
func BenchmarkOff(b *testing.B) {
	ctx, header := b.Context(), http.Header{}
	for b.Loop() {
		everything(ctx, nil, header)
	}
}

// Fails when a statement that is not from sqlc has a span, with its text.
func TestQueryName(t *testing.T) {
	t.Parallel()
	for statement, want := range map[string]string{
		"-- name: FindMatches :many\nSELECT 1": "FindMatches",
		"-- name: touch :exec":                 "touch",
		"SELECT 'a@b.c'":                       "",
		"":                                     "",
	} {
		if got := queryName(statement); got != want {
			t.Errorf("%q: got %q", statement, got)
		}
	}
	ctx, ended := recorded(t)
	StartQuery(ctx, Span{}, "SELECT 'a@b.c'").Fail("1064")
	if got := ended(); len(got) != 0 {
		t.Errorf("got spans %q", got)
	}
}

// Fails when a header that is not a trace, or that may be a phone number, becomes a parent.
func TestParent(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01": "4bf92f3577b34da6a3ce929d0e0e4736",
		"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00": "4bf92f3577b34da6a3ce929d0e0e4736",
		"00-00000000000000000014155550132000-00f067aa0ba902b7-01": "",
		"00-00000000000000000000000000000000-00f067aa0ba902b7-01": "",
		"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7":    "",
		"lorraine@hillvalley.edu":                                 "",
		"":                                                        "",
	} {
		ctx := withParent(t.Context(), http.Header{"Traceparent": {header}, "Tracestate": {"a=lorraine"}})
		sc := trace.SpanContextFromContext(ctx)
		if got := TraceID(ctx); got != want || sc.TraceState().Len() != 0 {
			t.Errorf("%q: got %q with state %q", header, got, sc.TraceState())
		}
	}
}
