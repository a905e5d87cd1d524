package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/api"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker/linkertest"
)

// linkFunc is a linker for what the reference cannot do: fail, wait or panic.
type linkFunc func(context.Context, []identity.Observation) ([]identity.Cluster, error)

func (f linkFunc) Link(ctx context.Context, seen []identity.Observation) ([]identity.Cluster, error) {
	return f(ctx, seen)
}

// failing returns a linker that answers every call with err.
func failing(err error) api.Linker {
	return linkFunc(func(context.Context, []identity.Observation) ([]identity.Cluster, error) { return nil, err })
}

// options returns complete options with a logger that writes to the returned buffer.
func options(t testing.TB, l api.Linker) (api.Options, *bytes.Buffer) {
	t.Helper()
	normalizer, err := identity.NewNormalizer("")
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	return api.Options{
		Linker:         l,
		Normalizer:     normalizer,
		Ready:          func(context.Context) error { return nil },
		Logger:         slog.New(slog.NewJSONHandler(&log, nil)),
		LogSample:      1,
		RequestTimeout: 10 * time.Second,
		Version:        "v1.2.3",
	}, &log
}

// handler returns the service on a new reference.
func handler(t testing.TB) (http.Handler, *linkertest.Reference) {
	t.Helper()
	reference := linkertest.NewReference(1)
	o, _ := options(t, reference)
	return api.NewChecked(t, o), reference
}

// post sends body as JSON to /identify.
func post(h http.Handler, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/identify", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	return do(h, r)
}

// do sends a request, with JSON as its content type if it has none: not even nil.
func do(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	if _, set := r.Header["Content-Type"]; !set {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// problem is the documented shape of a refusal.
type problem struct {
	Type, Title, Code, Detail, Field, RequestID string
	Status                                      int
}

// wantProblem checks every field of a problem. Of the detail, it checks only that it contains part.
func wantProblem(t *testing.T, w *httptest.ResponseRecorder, status int, field, part string) problem {
	t.Helper()
	var got problem
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatalf("the answer is not a problem: %v: %s", err, w.Body)
	}
	want := problem{
		Type: "/problems/" + got.Code, Title: got.Title, Code: got.Code, Status: status, Field: field,
		Detail: got.Detail, RequestID: w.Header().Get("X-Request-Id"),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("problem (-want +got):\n%s", diff)
	}
	if w.Code != status || w.Header().Get("Content-Type") != "application/problem+json" || got.RequestID == "" || got.Code == "" || got.Title == "" {
		t.Errorf("got %d %q, request id %q", w.Code, w.Header().Get("Content-Type"), got.RequestID)
	}
	if !strings.Contains(got.Detail, part) {
		t.Errorf("detail %q does not contain %q", got.Detail, part)
	}
	return got
}

// logLines parses the log.
func logLines(t *testing.T, log io.Reader) []map[string]any {
	t.Helper()
	var lines []map[string]any
	for d := json.NewDecoder(log); d.More(); {
		line := map[string]any{}
		if err := d.Decode(&line); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, line)
	}
	return lines
}
