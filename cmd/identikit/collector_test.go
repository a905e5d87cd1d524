package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	collectpb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// collector receives spans as an OpenTelemetry collector does: OTLP in protobuf over HTTP.
type collector struct {
	*httptest.Server
	mu       sync.Mutex
	status   int // of its answers
	received bytes.Buffer
	requests int
	resource []*commonpb.KeyValue
	spans    []*tracepb.Span
}

func newCollector(t *testing.T) *collector {
	t.Helper()
	c := &collector{status: http.StatusOK}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var sent collectpb.ExportTraceServiceRequest
		if err != nil || r.URL.Path != "/v1/traces" || proto.Unmarshal(body, &sent) != nil {
			t.Errorf("got %s %s, error %v", r.Method, r.URL, err)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.requests++
		if c.status == http.StatusOK {
			c.received.Write(body)
			for _, resource := range sent.GetResourceSpans() {
				c.resource = resource.GetResource().GetAttributes()
				for _, scope := range resource.GetScopeSpans() {
					c.spans = append(c.spans, scope.GetSpans()...)
				}
			}
		}
		w.WriteHeader(c.status)
	}))
	t.Cleanup(c.Close)
	return c
}

func (c *collector) answer(status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.status = status
}

// count returns how often spans were sent.
func (c *collector) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.requests
}

// named returns the spans with a name.
func (c *collector) named(name string) (found []*tracepb.Span) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.spans {
		if s.GetName() == name {
			found = append(found, s)
		}
	}
	return found
}

// one returns the only span with a name below parent; nil for any.
func (c *collector) one(t *testing.T, name string, parent *tracepb.Span) *tracepb.Span {
	t.Helper()
	found := slices.DeleteFunc(c.named(name), func(s *tracepb.Span) bool {
		return parent != nil && !bytes.Equal(s.GetParentSpanId(), parent.GetSpanId())
	})
	if len(found) != 1 {
		c.mu.Lock()
		defer c.mu.Unlock()
		t.Fatalf("%d spans %q below %q; all: %v", len(found), name, parent.GetName(), c.spans)
	}
	return found[0]
}

// attribute returns the text or number of an attribute.
func attribute(attributes []*commonpb.KeyValue, key string) any {
	for _, a := range attributes {
		if a.GetKey() == key {
			if text, ok := a.GetValue().GetValue().(*commonpb.AnyValue_StringValue); ok {
				return text.StringValue
			}
			return a.GetValue().GetIntValue()
		}
	}
	return nil
}

// links reports whether a span has a link to another.
func links(from, to *tracepb.Span) bool {
	return slices.ContainsFunc(from.GetLinks(), func(l *tracepb.Span_Link) bool { return bytes.Equal(l.GetSpanId(), to.GetSpanId()) })
}
