package api_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/api"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker/linkertest"
)

// Fails when echo answers an unknown path or method in its own format.
func TestUnknownRoutes(t *testing.T) {
	t.Parallel()
	h, _ := handler(t)
	for _, c := range []struct {
		method, path string
		status       int
		allow, part  string
	}{
		{"GET", "/nothing", 404, "", "/openapi.json"},
		{"POST", "/identify/", 404, "", "/openapi.json"},
		{"POST", "/Identify", 404, "", "/openapi.json"},
		{"GET", "/identify", 405, "OPTIONS, POST", "accepts OPTIONS, POST."},
		{"PUT", "/identify", 405, "OPTIONS, POST", "accepts OPTIONS, POST."},
		{"HEAD", "/identify", 405, "OPTIONS, POST", ""},
		{"BREW", "/identify", 405, "OPTIONS, POST", "accepts OPTIONS, POST."},
		{"POST", "/readyz", 405, "OPTIONS, GET, HEAD", "accepts OPTIONS, GET, HEAD."},
	} {
		w := do(h, httptest.NewRequest(c.method, c.path, nil))
		wantProblem(t, w, c.status, "", c.part)
		if allow := w.Header().Get("Allow"); allow != c.allow {
			t.Errorf("%s %s: Allow is %q, want %q", c.method, c.path, allow, c.allow)
		}
	}
}

// Fails when a health check by GET or HEAD fails although the service is ready.
func TestProbes(t *testing.T) {
	t.Parallel()
	h, _ := handler(t)
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	for path, want := range map[string]string{
		"/healthz": `{"status":"ok"}` + "\n",
		"/readyz":  `{"status":"ready"}` + "\n",
		"/":        `{"service":"identikit","version":"v1.2.3","openapi":"/openapi.json","docs":"/docs"}` + "\n",
	} {
		w := do(h, httptest.NewRequest(http.MethodGet, path, nil))
		if diff := cmp.Diff(want, w.Body.String()); diff != "" || w.Code != http.StatusOK {
			t.Errorf("GET %s: %d (-want +got):\n%s", path, w.Code, diff)
		}
		r, err := server.Client().Head(server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		if r.Body.Close(); r.StatusCode != http.StatusOK || r.ContentLength != int64(len(want)) {
			t.Errorf("HEAD %s: got %d, length %d", path, r.StatusCode, r.ContentLength)
		}
	}
}

// Fails when successful health checks fill the access log.
func TestGoodProbesAreNotLogged(t *testing.T) {
	t.Parallel()
	o, log := options(t, linkertest.NewReference(1))
	h := api.NewChecked(t, o)
	do(h, httptest.NewRequest(http.MethodGet, "/healthz", nil))
	do(h, httptest.NewRequest(http.MethodHead, "/readyz", nil))
	if log.Len() > 0 {
		t.Errorf("logged %s", log)
	}
}

// Fails when a service that is not ready says that it is, or does not say what to do, and when
// /healthz fails because the database is unreachable, which would make a platform restart the
// service.
func TestNotReady(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		err    error
		detail string
	}{
		{"known", &identity.Error{Code: identity.CodeUnavailable, Detail: "Run: identikit migrate up"}, "identikit migrate up"},
		{"unknown", errors.New("secret"), "not ready"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o, log := options(t, linkertest.NewReference(1))
			o.Ready = func(context.Context) error { return c.err }
			h := api.NewChecked(t, o)
			w := do(h, httptest.NewRequest(http.MethodGet, "/readyz", nil))
			wantProblem(t, w, http.StatusServiceUnavailable, "", c.detail)
			if w.Header().Get("Retry-After") == "" {
				t.Error("there is no Retry-After")
			}
			if w := do(h, httptest.NewRequest(http.MethodGet, "/healthz", nil)); w.Code != http.StatusOK {
				t.Errorf("/healthz: got %d", w.Code)
			}
			if strings.Contains(log.String(), "secret") {
				t.Errorf("an unknown text was logged: %s", log)
			}
		})
	}
}
