package main

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/identikit/identikit/internal/tracing"
)

// flushTime is how long the service waits, when it stops, for the last spans to be sent.
const flushTime = 3 * time.Second

// traceSettings returns the OTEL_ settings if they ask for traces, and nil otherwise. The SDK checks most
// of them.
func traceSettings(s *settings) map[string]string {
	const base, own = "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
	off := strings.EqualFold(s.text("OTEL_SDK_DISABLED", ""), "true") || strings.EqualFold(s.text("OTEL_TRACES_EXPORTER", ""), "none")
	if off || s.text(base, "")+s.text(own, "") == "" {
		return nil
	}
	for _, name := range []string{base, own} {
		u, err := url.Parse(s.text(name, "http://localhost"))
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			s.rejectUnquoted(name, "is not a URL; it must be one such as http://collector:4318")
		}
	}
	for _, name := range []string{"OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"} {
		if s.text(name, "") == "grpc" {
			s.reject(name, "http/protobuf or http/json; spans are sent over HTTP, usually to port 4318")
		}
	}
	found := map[string]string{}
	for name, value := range s.values {
		if strings.HasPrefix(name, "OTEL_") {
			found[name] = value
		}
	}
	return found
}

// startTraces sets up what sends spans, as the settings say. Without any the tracer is nil. stop sends the
// spans that wait.
func startTraces(ctx context.Context, settings map[string]string, log *slog.Logger) (t *tracing.Tracer, stop func(), err error) {
	if settings == nil {
		return nil, func() {}, nil
	}
	for name, value := range settings { // the SDK does not know .env
		if err := os.Setenv(name, value); err != nil {
			return nil, nil, err
		}
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Warn("problem with traces", "error", err.Error()) }))
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("traces: %w", err)
	}
	about, err := resource.New(ctx, resource.WithService(), resource.WithHost(), resource.WithTelemetrySDK(),
		resource.WithAttributes(semconv.ServiceName("identikit"), semconv.ServiceVersion(buildVersion())), resource.WithFromEnv())
	if err != nil {
		return nil, nil, usageError("OTEL_RESOURCE_ATTRIBUTES: " + err.Error())
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithResource(about), sdktrace.WithRawSpanLimits(spanLimits(settings)),
		sdktrace.WithBatcher(&spanSender{SpanExporter: exporter, log: log}))
	stop = func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTime)
		defer cancel()
		if err := provider.Shutdown(ctx); err != nil {
			log.Warn("the last spans were not sent", "error", err.Error())
		}
	}
	log.Info("sending traces", "endpoint", endpointHost(settings))
	return tracing.NewTracer(provider), stop, nil
}

// spanLimits are those of the SDK, with room for the links of a group.
func spanLimits(settings map[string]string) sdktrace.SpanLimits {
	limits := sdktrace.NewSpanLimits()
	if settings["OTEL_SPAN_LINK_COUNT_LIMIT"] == "" {
		limits.LinkCountLimit = tracing.MaxLinks
	}
	return limits
}

// endpointHost is where spans are sent, without a password or a key in the path.
func endpointHost(settings map[string]string) string {
	u, err := url.Parse(cmp.Or(settings["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"], settings["OTEL_EXPORTER_OTLP_ENDPOINT"]))
	if err != nil {
		return ""
	}
	return u.Host
}

// spanSender logs when spans cannot be sent, and when they can again: not each time. It hides the errors
// from the SDK, which would log each of them.
type spanSender struct {
	sdktrace.SpanExporter
	log  *slog.Logger
	lost int // spans since it was logged
}

// ExportSpans implements sdktrace.SpanExporter. It is not called concurrently.
func (s *spanSender) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	err := s.SpanExporter.ExportSpans(ctx, spans)
	switch {
	case err != nil:
		if s.lost == 0 {
			s.log.Warn("traces cannot be sent; this is logged once, until they can", "error", err.Error())
		}
		s.lost += len(spans)
	case s.lost > 0:
		s.log.Info("traces are sent again", "lost_spans", s.lost)
		s.lost = 0
	}
	return nil
}
