package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/mysqltest"
)

// shown is what a page says about an operation or a schema, by its id.
type shown map[string]string

// read returns the operations or schemas that the page shows.
func (b *tab) read(t *testing.T, attribute string) shown {
	t.Helper()
	return evaluate[shown](t, b, fmt.Sprintf(`Object.fromEntries([...document.querySelectorAll('[data-%[1]s]')]
		.filter((e) => e.checkVisibility()).map((e) => [e.dataset.%[1]s, e.textContent]))`, attribute))
}

// submit sends the form of an operation with these values of its fields and returns the status that it shows.
func (b *tab) submit(t *testing.T, operation string, fields map[string]string) string {
	t.Helper()
	values, err := json.Marshal(fields) // null without any
	if err != nil {
		t.Fatal(err)
	}
	return evaluate[string](t, b, fmt.Sprintf(`new Promise((done) => {
		const form = document.querySelector('[data-operation=%s] form');
		form.closest('details').open = true;
		for (const [name, value] of Object.entries(%s ?? {})) {
			form.elements.namedItem(name).value = value;
		}
		new MutationObserver((_, observer) => { observer.disconnect(); done(form.querySelector('output').textContent); })
			.observe(form.querySelector('output'), {childList: true});
		form.querySelector('button').click();
	})`, operation, values))
}

// documented returns the operations and schemas of the document that the service serves, each with a text that
// the page must show.
func (p *program) documented(t *testing.T) (operations, schemas shown) {
	t.Helper()
	var d struct {
		Paths      map[string]map[string]struct{ OperationID, Summary string }
		Components struct{ Schemas map[string]json.RawMessage }
	}
	_, text := p.get(t, "/openapi.json")
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		t.Fatal(err)
	}
	operations, schemas = shown{}, shown{}
	for path, methods := range d.Paths {
		for method, o := range methods {
			operations[o.OperationID] = strings.ToUpper(method) + " " + path
			if method != "head" {
				operations[o.OperationID] += "\n" + o.Summary
			}
		}
	}
	for name := range d.Components.Schemas {
		schemas[name] = name
	}
	return operations, schemas
}

// missing returns those of want that got does not show.
func missing(want, got shown) []string {
	var lacking []string
	for id, texts := range want {
		plain := strings.Join(strings.Fields(got[id]), " ")
		for text := range strings.SplitSeq(texts, "\n") {
			if !strings.Contains(plain, text) {
				lacking = append(lacking, id+": "+text)
			}
		}
	}
	slices.Sort(lacking)
	return lacking
}

// Fails when /docs lacks an operation or a schema, needs something from elsewhere or what its own policy
// forbids, cannot be read without JavaScript or on a narrow screen, or when trying an operation does not work.
func TestDocsInABrowser(t *testing.T) {
	t.Parallel()
	const secret = "a secret of at least thirty-two bytes"
	p := serve(t, databaseURL(mysqltest.NewDB(t)), "AUTH=required", "ADMIN_KEY="+secret)
	b := openTab(t, p.url)
	b.look(t, "blank", 1280, "light")
	b.open(t, "/docs")

	operations, schemas := p.documented(t)
	wantShown := func(when string) {
		t.Helper()
		if diff := cmp.Diff([]string(nil), append(missing(operations, b.read(t, "operation")), missing(schemas, b.read(t, "schema"))...)); diff != "" {
			t.Errorf("%s, the page lacks (+):\n%s", when, diff)
		}
	}
	wantShown("with JavaScript")
	const background = "getComputedStyle(document.body).backgroundColor"
	b.look(t, "light", 1280, "light")
	light := evaluate[string](t, b, background)
	b.look(t, "dark", 1280, "dark")
	if dark := evaluate[string](t, b, background); light == dark {
		t.Errorf("the background is %s in light and in dark", light)
	}

	if got := b.submit(t, "identify", nil); !strings.HasPrefix(got, "401 ") {
		t.Errorf("without a key: got %s", got)
	}
	evaluate[any](t, b, fmt.Sprintf("void (document.querySelector('#key input').value = %q)", secret))
	if got := b.submit(t, "identify", nil); !strings.HasPrefix(got, "200 ") || !strings.Contains(got, `"primaryContactId": 1`) {
		t.Errorf("with a key: got %s", got)
	}
	if got := b.submit(t, "contact", map[string]string{"id": "1"}); !strings.HasPrefix(got, "200 ") {
		t.Errorf("with a path parameter: got %s", got)
	}
	if got := b.submit(t, "eraseContact", map[string]string{"id": "1"}); !strings.Contains(got, `"dryRun": true`) {
		t.Errorf("an erasure is not tried as a dry run: got %s", got)
	}
	evaluate[any](t, b, "document.querySelector('#identify').scrollIntoView()")
	b.look(t, "tried", 1280, "light")

	b.scripts(t, false)
	b.look(t, "narrow", 360, "light")
	b.open(t, "/docs")
	wantShown("without JavaScript")
	if width := evaluate[int](t, b, "document.documentElement.scrollWidth"); width > 360 {
		t.Errorf("on a screen of 360 pixels, the page is %d wide", width)
	}
	b.scripts(t, true)
	b.open(t, "/docs")
	b.look(t, "narrow-dark", 360, "dark")

	want := []string{
		"GET " + p.url + "/docs", "POST " + p.url + "/identify", "POST " + p.url + "/identify", "GET " + p.url + "/contacts/1",
		"DELETE " + p.url + "/contacts/1?dryRun=true", "GET " + p.url + "/docs", "GET " + p.url + "/docs",
	}
	if diff := cmp.Diff(want, slices.DeleteFunc(b.requests, func(r string) bool { return strings.HasPrefix(r, "GET data:") })); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	b.quiet(t, "status of 401")
}

// Fails when a browser that has the page gets it again, or when the page can be put into a frame.
func TestDocsHeaders(t *testing.T) {
	t.Parallel()
	p := serve(t, databaseURL(mysqltest.NewDB(t)), "AUTH=open")
	first, err := send(http.MethodGet, p.url+"/docs", "", "")
	if err != nil {
		t.Fatal(err)
	}
	policy := first.header.Get("Content-Security-Policy")
	for _, part := range []string{"default-src 'none'", "frame-ancestors 'none'", "form-action 'none'"} {
		if !strings.Contains(policy, part) {
			t.Errorf("the policy lacks %s: %s", part, policy)
		}
	}
	if strings.Contains(policy, "unsafe") || strings.Contains(policy, "http") || strings.Contains(policy, "*") {
		t.Errorf("the policy allows too much: %s", policy)
	}
	for _, encoding := range []string{"identity", "gzip"} {
		r, err := http.NewRequest(http.MethodGet, p.url+"/docs", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept-Encoding", encoding)
		page, err := do(r)
		if err != nil || page.status != http.StatusOK || page.header.Get("Vary") != "Accept-Encoding" ||
			(page.header.Get("Content-Encoding") == "gzip") != (encoding == "gzip") || (len(page.body) < 100_000) != (encoding == "gzip") {
			t.Errorf("%s: got %d %v, %d bytes, %v", encoding, page.status, page.header, len(page.body), err)
		}
		r.Header.Set("If-None-Match", page.header.Get("ETag"))
		if again, err := do(r); err != nil || again.status != http.StatusNotModified || again.body != "" {
			t.Errorf("%s: got %d, %d bytes, %v", encoding, again.status, len(again.body), err)
		}
	}
}
