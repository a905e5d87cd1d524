package main

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"github.com/identikit/identikit/internal/mysqltest"
)

// traced sends a request with a traceparent header.
func (p *program) traced(t *testing.T, method, path, body, parent string, header ...string) reply {
	t.Helper()
	r, err := http.NewRequest(method, p.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Traceparent", parent)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := do(r)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

const traceID, parentID = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"

// Fails when spans are lost at the end, are not below each other as the work is, or lack what says which
// route, status, group, transaction or query it was; and when the log has no trace id.
func TestTraces(t *testing.T) {
	t.Parallel()
	c := newCollector(t)
	p := serve(t, databaseURL(mysqltest.NewDB(t)), "OTEL_EXPORTER_OTLP_ENDPOINT="+c.URL, "OTEL_SERVICE_NAME=shop",
		"OTEL_RESOURCE_ATTRIBUTES=deployment.environment.name=test", "OTEL_BSP_SCHEDULE_DELAY=3600000")
	p.traced(t, http.MethodPost, "/identify", pair(1), "00-"+traceID+"-"+parentID+"-01")
	p.get(t, "/contacts/1")
	p.get(t, "/readyz")
	if c.count() != 0 {
		t.Fatal("the spans are sent already: the test is void")
	}
	p.stop(t)
	if got := attribute(c.resource, "service.name"); got != "shop" {
		t.Errorf("service.name is %v", got)
	}
	if got := attribute(c.resource, "deployment.environment.name"); got != "test" {
		t.Errorf("deployment.environment.name is %v", got)
	}
	request := c.one(t, "POST /identify", nil)
	if got := hex.EncodeToString(request.GetTraceId()) + hex.EncodeToString(request.GetParentSpanId()); got != traceID+parentID {
		t.Errorf("the trace and the parent are %s", got)
	}
	if request.GetKind() != tracepb.Span_SPAN_KIND_SERVER || attribute(request.GetAttributes(), "http.route") != "/identify" ||
		attribute(request.GetAttributes(), "http.request.method") != "POST" || attribute(request.GetAttributes(), "http.response.status_code") != int64(200) {
		t.Errorf("the request is %v", request)
	}
	for _, kind := range []string{"read group", "write group"} {
		group := c.one(t, kind, request)
		if !links(group, request) || attribute(group.GetAttributes(), "identikit.group.size") != int64(1) {
			t.Errorf("the %s is %v", kind, group)
		}
	}
	transaction := c.one(t, "transaction", c.one(t, "write group", request))
	if attribute(transaction.GetAttributes(), "identikit.transaction.outcome") != "commit" {
		t.Errorf("the transaction is %v", transaction)
	}
	c.one(t, "commit", transaction)
	query := c.one(t, "insertContacts", transaction)
	if attribute(query.GetAttributes(), "db.system.name") != "mysql" || attribute(query.GetAttributes(), "db.query.summary") != "insertContacts" {
		t.Errorf("the query is %v", query)
	}
	c.one(t, "FindMatches", c.one(t, "read group", request))
	if waits := c.named("wait for lane"); len(waits) != 2 || len(waits[0].GetLinks()) != 1 {
		t.Errorf("the waits are %v", waits)
	}
	lookup := c.one(t, "GET /contacts/:id", nil)
	if hex.EncodeToString(lookup.GetTraceId()) == traceID || len(lookup.GetParentSpanId()) != 0 {
		t.Errorf("the look-up is %v", lookup)
	}
	if found := c.named("GET /readyz"); len(found) != 0 {
		t.Errorf("the health check is %v", found)
	}
	if log := p.stderr.String(); !strings.Contains(log, `"trace_id":"`+traceID+`"`) {
		t.Error("the log lacks the trace id")
	}
}

// Fails when a request that is served by a group is not linked by it, or does not link it.
func TestGroupsLinkTheirRequests(t *testing.T) {
	t.Parallel()
	c := newCollector(t)
	p := serve(t, databaseURL(mysqltest.NewDB(t)), "OTEL_EXPORTER_OTLP_ENDPOINT="+c.URL)
	const callers = 60
	var running sync.WaitGroup
	for n := range callers {
		running.Go(func() {
			if r, err := p.identify(pair(n)); err != nil || r.status != http.StatusOK {
				t.Errorf("got %d, error %v", r.status, err)
			}
		})
	}
	running.Wait()
	p.stop(t)
	requests, groups, shared := c.named("POST /identify"), append(c.named("read group"), c.named("write group")...), false
	for _, g := range groups {
		if size := attribute(g.GetAttributes(), "identikit.group.size"); size != int64(len(g.GetLinks())) {
			t.Errorf("a group of %v has %d links", size, len(g.GetLinks()))
		}
		shared = shared || len(g.GetLinks()) > 1
	}
	if len(requests) != callers || !shared {
		t.Fatalf("%d requests; in groups of several: %v", len(requests), shared)
	}
	for _, r := range requests {
		served := 0
		for _, g := range groups {
			if links(g, r) {
				served++
			}
		}
		if served < 2 { // read, and written
			t.Errorf("a request is in %d groups", served)
		}
	}
}

// Fails when a request that waits for a lock does not show it, or is not in the group that gets the lock.
func TestWaitForLockIsTraced(t *testing.T) {
	t.Parallel()
	c := newCollector(t)
	p, unlock, answered := blocked(t, "OTEL_EXPORTER_OTLP_ENDPOINT="+c.URL)
	unlock()
	if got := <-answered; got != http.StatusText(http.StatusOK) {
		t.Fatal(got)
	}
	p.stop(t)
	wait := c.one(t, "wait for lock", nil)
	for _, r := range c.named("POST /identify") {
		if bytes.Equal(r.GetSpanId(), wait.GetParentSpanId()) {
			if group := c.one(t, "locked group", r); !links(group, r) || !links(wait, group) {
				t.Errorf("the group is %v", group)
			}
			return
		}
	}
	t.Errorf("the wait is %v", wait)
}

// Fails when anything that a client sends is in a span: a value, a key, a path, a query, a header or a
// method.
func TestTracesHaveNoValues(t *testing.T) {
	t.Parallel()
	c := newCollector(t)
	const admin, marker = "a-secret-of-at-least-thirty-two-bytes", "marker"
	p := serve(t, databaseURL(mysqltest.NewDB(t)), "OTEL_EXPORTER_OTLP_ENDPOINT="+c.URL, "AUTH=required", "ADMIN_KEY="+admin,
		"ERASURE_KEY="+strings.Repeat("k", 32))
	key := []string{"Authorization", "Bearer " + admin, "Tracestate", "vendor=" + marker, "Baggage", "user=" + marker, "User-Agent", marker}
	parent := "00-" + traceID + "-" + parentID + "-01"
	for _, r := range [][3]string{
		{"POST", "/identify", pair(1)},
		{"POST", "/identify", pair(1)},
		{"POST", "/identify/batch", "[" + pair(2) + "," + pair(3) + "]"},
		{"POST", "/identify", fmt.Sprintf(`{"email":%q,"phoneNumber":%q}`, email(1), phone(2))},
		{"POST", "/identify", fmt.Sprintf(`{"email":"no address %s"}`, domain)},
		{"POST", "/contacts/search", fmt.Sprintf(`{"email":%q}`, email(1))},
		{"GET", "/contacts?email=" + email(1), ""},
		{"GET", "/contacts/" + email(1), ""},
		{"GET", "/" + email(1) + "?" + phone(1), ""},
		{"GET", "/contacts/1/explain?phoneNumber=" + phone(1), ""},
		{"POST", "/observations/1/retract", fmt.Sprintf(`{"reason":%q}`, marker)},
		{"POST", "/blocked", fmt.Sprintf(`{"phoneNumber":%q}`, phone(3))},
		{"POST", "/erasures", fmt.Sprintf(`{"email":%q,"suppress":true}`, email(2))},
		{"POST", "/keys", fmt.Sprintf(`{"name":%q,"scopes":["identify"]}`, marker)},
		{phone(4), "/identify", ""},
	} {
		p.traced(t, r[0], r[1], r[2], parent, key...)
	}
	p.traced(t, http.MethodPost, "/identify", pair(1), "00-"+prefix+prefix+"1234-"+parentID+"-01", key...)
	p.traced(t, http.MethodPost, "/identify", pair(1), parent, "Authorization", "Bearer idk_"+marker+"_"+marker)
	p.stop(t)
	for _, name := range []string{"POST /identify", "POST /identify/batch", "GET", "POST /observations/:id/retract", "HTTP /identify", "InsertSuppression"} {
		if len(c.named(name)) == 0 {
			t.Errorf("no span %s", name)
		}
	}
	received := c.received.String()
	for _, s := range c.spans { // ids are binary
		received += hex.EncodeToString(s.GetTraceId())
	}
	for _, secret := range []string{domain, prefix, admin, marker, "127.0.0.1:"} {
		if strings.Contains(received, secret) {
			t.Errorf("%q is in a span", secret)
		}
	}
}

// Fails when a stream has no span, or one for each of its queries, of which there are two a second for
// hours.
func TestStreamIsOneSpan(t *testing.T) {
	t.Parallel()
	c := newCollector(t)
	p := serve(t, databaseURL(mysqltest.NewDB(t)), "OTEL_EXPORTER_OTLP_ENDPOINT="+c.URL)
	r, err := http.NewRequest(http.MethodGet, p.url+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "text/event-stream")
	r.Header.Set("Traceparent", "00-"+traceID+"-"+parentID+"-01")
	stream, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()
	p.mustIdentify(t, pair(1))
	if _, err := bufio.NewReader(stream.Body).ReadString('}'); err != nil {
		t.Fatal(err)
	}
	p.stop(t)
	span := c.one(t, "GET /events", nil)
	for _, s := range c.spans {
		if bytes.Equal(s.GetParentSpanId(), span.GetSpanId()) {
			t.Errorf("below the stream is %s", s.GetName())
		}
	}
	if !strings.Contains(p.stderr.String(), `"trace_id":"`+traceID+`"`) {
		t.Error("the log lacks the trace id of the stream")
	}
}
