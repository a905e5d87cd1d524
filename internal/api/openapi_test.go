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
	"github.com/identikit/identikit/internal/identity"
)

type document struct {
	Paths map[string]map[string]struct {
		Tags      []string
		Security  []map[string][]apikey.Scope
		Responses map[string]response
	}
	Components struct {
		Responses map[string]response
		Examples  map[string]struct{ Value json.RawMessage }
		Schemas   map[string]struct {
			Properties map[string]struct{ Enum []identity.Code }
		}
	}
	Tags []struct{ Name string }
}

type response struct {
	Ref     string `json:"$ref"`
	Content map[string]struct {
		Example  json.RawMessage
		Examples map[string]any
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

// documented is the method under which the document has the route.
func (r route) documented() string {
	if r.method == http.MethodHead {
		return "get"
	}
	return strings.ToLower(r.method)
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
		if r.Method != http.MethodHead { // the document says that it is like GET
			routed = append(routed, r.Method+" "+inBraces(r.Path))
		}
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
		for _, one := range d.Paths[inBraces(r.path)][r.documented()].Security {
			documented = one["key"][0]
		}
		public := slices.Contains([]string{"/", "/healthz", "/readyz", "/openapi.json", "/docs", "/problems", "/problems/:code", "/session"}, r.path)
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
		"/retractions":                wantShape[retractionsAnswer],
		"/suppressions":               wantShape[suppressionsAnswer],
		"/keys":                       wantShape[keysAnswer],
		"/statistics":                 wantShape[statisticsAnswer],
		"/survey":                     wantShape[surveyAnswer],
	} {
		want(t, d.Paths[path]["get"].Responses["200"].Content["application/json"].Example)
	}
	for operation, want := range map[string]func(*testing.T, json.RawMessage){
		"post /observations/{id}/retract": wantShape[changed],
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
	for _, e := range d.Components.Examples {
		wantShape[problem](t, e.Value)
	}
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

// Fails when an operation has no tag of the document, or no example of its answer.
func TestOpenAPIOperationsAreComplete(t *testing.T) {
	t.Parallel()
	d := parseDocument(t)
	var tags []string
	for _, tag := range d.Tags {
		tags = append(tags, tag.Name)
	}
	for path, operations := range d.Paths {
		for method, o := range operations {
			if len(o.Tags) != 1 || !slices.Contains(tags, o.Tags[0]) {
				t.Errorf("%s %s has the tags %q", method, path, o.Tags)
			}
			for status, r := range o.Responses {
				if r.Ref != "" {
					r = d.Components.Responses[strings.TrimPrefix(r.Ref, "#/components/responses/")]
				}
				for kind, content := range r.Content {
					if content.Example == nil && content.Examples == nil {
						t.Errorf("%s %s, %s %s has no example", method, path, status, kind)
					}
				}
			}
		}
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
	h := NewChecked(t, Options{Logger: slog.New(slog.DiscardHandler), RequestTimeout: time.Minute})
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/openapi.json", nil))
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/json" || w.Body.String() != openapiJSON {
		t.Errorf("got %d %q, %d bytes", w.Code, w.Header().Get("Content-Type"), w.Body.Len())
	}
}
