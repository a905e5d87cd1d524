package api

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/identity"
)

// Fails when openapi.json lacks a code, or says something else about it than the service.
func TestOpenAPIHasEveryProblem(t *testing.T) {
	t.Parallel()
	d := parseDocument(t)
	var codes []identity.Code
	for _, want := range problemTypes() {
		codes = append(codes, want.Code)
		var got problem
		if err := json.Unmarshal(d.Components.Examples[string(want.Code)].Value, &got); err != nil {
			t.Errorf("%s has no example: %v", want.Code, err)
			continue
		}
		if diff := cmp.Diff(newProblem(want.Code, got.Field, got.Detail), got, cmp.FilterPath(func(p cmp.Path) bool {
			return p.String() == "RequestID" || p.String() == "Explanation" || p.String() == "KeyID"
		}, cmp.Ignore())); diff != "" {
			t.Errorf("%s (-service +example):\n%s", want.Code, diff)
		}
	}
	listed := d.Components.Schemas["Problem"].Properties["code"].Enum
	if diff := cmp.Diff(codes, listed); diff != "" {
		t.Errorf("the enum of code (-service +document):\n%s", diff)
	}
	if len(d.Components.Examples) != len(codes) {
		t.Errorf("%d examples of %d codes", len(d.Components.Examples), len(codes))
	}
}

// Fails when no operation is documented to answer with a code.
func TestOpenAPIUsesEveryProblem(t *testing.T) {
	t.Parallel()
	answered := map[string]bool{"path-not-found": true, "method-not-allowed": true} // they are about no operation
	d := parseDocument(t)
	for path, operations := range d.Paths {
		for method, o := range operations {
			for status, r := range o.Responses {
				shared := d.Components.Responses[strings.TrimPrefix(r.Ref, "#/components/responses/")]
				for code := range shared.Content["application/problem+json"].Examples {
					answered[code] = true
					if known, _ := typeOf(identity.Code(code)); fmt.Sprint(known.Status) != status {
						t.Errorf("%s %s: %s with status %s", method, path, code, status)
					}
				}
			}
		}
	}
	for _, p := range problemTypes() {
		if !answered[string(p.Code)] {
			t.Errorf("no operation answers with %s", p.Code)
		}
	}
}

// Fails when docs/problems.md lacks a row or has one too many.
func TestDocsHaveEveryProblem(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/problems.md")
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for _, p := range problemTypes() {
		want = append(want, fmt.Sprintf("| `%s` | %d | %s | %s |", p.Code, p.Status, p.Meaning, p.Remedy))
	}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "| `") {
			got = append(got, strings.TrimSuffix(line, "\n"))
		}
	}
	if !slices.Equal(want, got) {
		t.Errorf("docs/problems.md must have these rows:\n%s", strings.Join(want, "\n"))
	}
}

// Fails when two problems have one code, or when a code, a title or a text is missing or does not look like the
// others.
func TestProblemTypes(t *testing.T) {
	t.Parallel()
	var codes []string
	for _, p := range problemTypes() {
		if slices.Contains(codes, string(p.Code)) {
			t.Errorf("%s is there twice", p.Code)
		}
		codes = append(codes, string(p.Code))
		if !regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`).MatchString(string(p.Code)) || http.StatusText(p.Status) == "" || p.Status < 400 {
			t.Errorf("%s, %d", p.Code, p.Status)
		}
		if p.Title == "" || strings.HasSuffix(p.Title, ".") || len(p.Meaning) < 20 || len(p.Remedy) < 20 || strings.Contains(p.Meaning+p.Remedy, "|") {
			t.Errorf("%+v", p)
		}
	}
}

// Fails when a problem has no page, when the page needs a key or could load or run anything, or when the browser
// refuses its style.
func TestProblemPages(t *testing.T) {
	t.Parallel()
	h := NewChecked(t, Options{Logger: slog.New(slog.DiscardHandler), RequestTimeout: time.Minute, KeysRequired: true})
	get := func(path string) (*httptest.ResponseRecorder, string) {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		return w, html.UnescapeString(w.Body.String())
	}
	_, index := get("/problems")
	for _, p := range problemTypes() {
		path := newProblem(p.Code, "", "").Type
		w, page := get(path)
		for _, part := range []string{p.Title, string(p.Code), p.Meaning, p.Remedy} {
			if w.Code != http.StatusOK || !strings.Contains(page, part) {
				t.Errorf("%s: %d, lacks %q:\n%s", path, w.Code, part, page)
			}
		}
		if !strings.Contains(index, `href="`+path+`"`) {
			t.Errorf("/problems lacks %s", path)
		}
		_, rest, _ := strings.Cut(w.Body.String(), "<style>")
		style, _, _ := strings.Cut(rest, "</style>")
		sum := sha256.Sum256([]byte(style))
		want := "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; style-src 'sha256-" +
			base64.StdEncoding.EncodeToString(sum[:]) + "'"
		if got := w.Header().Get("Content-Security-Policy"); got != want {
			t.Errorf("%s: the policy is %s, want %s", path, got, want)
		}
		if regexp.MustCompile(`<script|src=|url\(|@import|https?:|ZgotmplZ`).MatchString(page) {
			t.Errorf("%s:\n%s", path, page)
		}
	}
	if w, body := get("/problems/<nothing>"); w.Code != http.StatusNotFound || !strings.Contains(body, "/problems lists all") {
		t.Errorf("an unknown code: %d %s", w.Code, body)
	}
}
