package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/labstack/echo/v4"

	"github.com/identikit/identikit/internal/apikey"
)

type document struct {
	Paths map[string]map[string]struct {
		Security  []map[string][]apikey.Scope
		Responses map[string]struct {
			Content map[string]struct{ Example json.RawMessage }
		}
	}
	Components struct {
		Responses map[string]struct {
			Content map[string]struct{ Example json.RawMessage }
		}
	}
}

func parseDocument(t *testing.T) document {
	t.Helper()
	var d document
	if err := json.Unmarshal([]byte(openapiJSON), &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// Fails when a route is not documented, or a documented route does not exist.
func TestOpenAPIHasEveryRoute(t *testing.T) {
	t.Parallel()
	var documented, routed []string
	for path, methods := range parseDocument(t).Paths {
		for method := range methods {
			documented = append(documented, strings.ToUpper(method)+" "+path)
		}
	}
	for _, r := range newRouter(Options{}).Routes() {
		routed = append(routed, r.Method+" "+inBraces(r.Path))
	}
	slices.Sort(documented)
	slices.Sort(routed)
	if diff := cmp.Diff(routed, documented); diff != "" {
		t.Errorf("(-routed +documented):\n%s", diff)
	}
}

// Fails when the scope of a route is not the documented one, or when a route that shows or changes anything
// needs none.
func TestOpenAPIHasEveryScope(t *testing.T) {
	t.Parallel()
	d := parseDocument(t)
	for _, r := range (&server{}).routes() {
		var documented apikey.Scope
		for _, one := range d.Paths[inBraces(r.path)][strings.ToLower(r.method)].Security {
			documented = one["key"][0]
		}
		public := slices.Contains([]string{"/", "/healthz", "/readyz", "/openapi.json", "/docs"}, r.path)
		if documented != r.scope || public != (r.scope == "") {
			t.Errorf("%s needs %q, documented is %q", r.name(), r.scope, documented)
		}
	}
}

// Fails when an example differs from what the service answers: a member is missing, misnamed or in
// the wrong place.
func TestOpenAPIExamplesHaveTheAnswersShape(t *testing.T) {
	t.Parallel()
	d := parseDocument(t)
	wantShape[answer](t, d.Paths["/identify"]["post"].Responses["200"].Content["application/json"].Example)
	for path, want := range map[string]func(*testing.T, json.RawMessage){
		"/contacts":                   wantShape[contactAnswer],
		"/contacts/{id}":              wantShape[contactAnswer],
		"/contacts/{id}/observations": wantShape[observationsAnswer],
		"/contacts/{id}/history":      wantShape[historyAnswer],
		"/contacts/{id}/explain":      wantShape[explanation],
		"/separations":                wantShape[separationsAnswer],
		"/refusals":                   wantShape[refusalsAnswer],
		"/blocked":                    wantShape[blocksAnswer],
		"/suppressions":               wantShape[suppressionsAnswer],
		"/keys":                       wantShape[keysAnswer],
	} {
		want(t, d.Paths[path]["get"].Responses["200"].Content["application/json"].Example)
	}
	for operation, want := range map[string]func(*testing.T, json.RawMessage){
		"delete /observations/{id}":       wantShape[changed],
		"post /observations/{id}/restore": wantShape[changed],
		"put /separations":                wantShape[separation],
		"delete /separations/{id}":        wantShape[changed],
		"post /refusals/{id}/accept":      wantShape[changed],
		"post /refusals/{id}/dismiss":     wantShape[dismissal],
		"post /blocked":                   wantShape[blocking],
		"delete /blocked/{id}":            wantShape[blocking],
		"delete /suppressions":            wantShape[lifted],
		"delete /suppressions/{id}":       wantShape[lifted],
		"post /contacts/search":           wantShape[contactAnswer],
		"post /keys/{id}/revoke":          wantShape[storedKey],
	} {
		method, path, _ := strings.Cut(operation, " ")
		want(t, d.Paths[path][method].Responses["200"].Content["application/json"].Example)
	}
	wantShape[page](t, d.Paths["/events"]["get"].Responses["200"].Content["application/json"].Example)
	wantShape[receipt](t, d.Paths["/contacts/{id}"]["delete"].Responses["200"].Content["application/json"].Example)
	wantShape[receipt](t, d.Paths["/erasures"]["post"].Responses["200"].Content["application/json"].Example)
	wantShape[newKey](t, d.Components.Responses["NewKey"].Content["application/json"].Example)
	wantShape[problem](t, d.Components.Responses["Problem"].Content["application/problem+json"].Example)
}

// wantShape decodes the example into a T and expects the same bytes when it is encoded again.
func wantShape[T any](t *testing.T, example json.RawMessage) {
	t.Helper()
	var value T
	dec := json.NewDecoder(bytes.NewReader(example))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&value); err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	var want bytes.Buffer
	if err := json.Compact(&want, example); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.String(), string(got)); diff != "" {
		t.Errorf("(-example +answer):\n%s", diff)
	}
}

// Fails when a $ref has no target.
func TestOpenAPIReferencesResolve(t *testing.T) {
	t.Parallel()
	var root any
	if err := json.Unmarshal([]byte(openapiJSON), &root); err != nil {
		t.Fatal(err)
	}
	for _, after := range strings.Split(openapiJSON, `"$ref": "#/`)[1:] {
		ref, _, _ := strings.Cut(after, `"`)
		node := root
		for key := range strings.SplitSeq(ref, "/") {
			members, _ := node.(map[string]any)
			node = members[key]
		}
		if node == nil {
			t.Errorf("#/%s is not there", ref)
		}
	}
}

// Fails when a handler that fails after the answer has begun sends a second body, or when its
// failure is not logged because the status is 200.
func TestFailureAfterTheAnswerBegan(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	s := &server{log: slog.New(slog.NewJSONHandler(&log, nil)), timeout: time.Minute}
	e := echo.New()
	e.GET("/", s.serve(func(c echo.Context) error {
		return errors.Join(c.String(http.StatusOK, "begun"), errors.New("then failed"))
	}))
	w := httptest.NewRecorder()
	e.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	if w.Code != http.StatusOK || w.Body.String() != "begun" {
		t.Errorf("got %d %q", w.Code, w.Body)
	}
	if line := log.String(); !strings.Contains(line, `"level":"ERROR"`) || !strings.Contains(line, `"status":200`) {
		t.Errorf("logged %s", line)
	}
}

// Fails when the document is served with a content type that tools do not accept.
func TestOpenAPIIsServed(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	h := New(Options{Logger: slog.New(slog.DiscardHandler), RequestTimeout: time.Minute})
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/openapi.json", nil))
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/json" || w.Body.String() != openapiJSON {
		t.Errorf("got %d %q, %d bytes", w.Code, w.Header().Get("Content-Type"), w.Body.Len())
	}
}
