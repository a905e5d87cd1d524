package docs_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/api/docs"
)

// hostile is a document in which every text tries to leave its place in the page.
const hostile = `{
  "info": {"title": "X", "version": "X", "summary": "X", "description": "X"},
  "tags": [{"name": "X", "description": "X"}],
  "paths": {"/X": {"post": {
    "operationId": "X", "summary": "X", "description": "X", "tags": ["X"], "security": [{"key": ["X"]}],
    "parameters": [{"name": "X", "in": "X", "description": "X", "example": "X", "schema": {"type": "string", "pattern": "X"}}],
    "requestBody": {"content": {"X": {"schema": {"$ref": "#/components/schemas/X"}, "example": "X"}}},
    "responses": {"X": {"description": "X", "headers": {"X": {"description": "X", "schema": {"const": "X"}}},
      "content": {"X": {"schema": {"enum": ["X"]}, "examples": {"X": {"value": {"X": "X"}}}}}}}
  }}},
  "components": {
    "securitySchemes": {"key": {"description": "X"}},
    "schemas": {"X": {"type": "object", "description": "X", "properties": {"X": {"type": "string", "default": "X"}}}}
  }
}`

// Fails when a text of the document can add an element, an attribute or a script to the page.
func TestTextsAreEscaped(t *testing.T) {
	t.Parallel()
	render := func(text string) string {
		t.Helper()
		page, err := docs.Render([]byte(strings.ReplaceAll(hostile, `X`, text)))
		if err != nil {
			t.Fatal(err)
		}
		return string(page.HTML)
	}
	plain := render("harmless")
	for _, text := range []string{
		`<img src=x onerror=alert(1)>`, `</style><script>alert(1)</script>`, `\" autofocus onfocus=alert(1) x=\"`, `' onclick='alert(1)`,
		`javascript:alert(1)`, `--><b>`, `{{.Title}}`,
	} {
		if diff := cmp.Diff(tagsOf(plain), tagsOf(render(text))); diff != "" {
			t.Errorf("%s changes the page (-harmless +hostile):\n%s", text, diff)
		}
	}
}

// tagsOf returns the number of each tag, attribute names included, and values left out.
func tagsOf(page string) map[string]int {
	count := map[string]int{}
	for piece := range strings.SplitSeq(page, "<") {
		tag, _, _ := strings.Cut(piece, ">")
		var names strings.Builder
		for i, part := range strings.Split(tag, `"`) {
			if i%2 == 0 {
				names.WriteString(part + `""`)
			}
		}
		count[names.String()]++
	}
	return count
}

// Fails when what a schema says is left out or changed.
func TestSchemas(t *testing.T) {
	t.Parallel()
	page, err := docs.Render([]byte(`{"components": {"schemas": {
		"Union": {"oneOf": [{"$ref": "#/components/schemas/A"}, {"type": ["string", "null"]}]},
		"List": {"type": "array", "maxItems": 9, "items": {"type": "object", "required": ["b"], "properties": {"b": {"enum": ["x", 1]}}}},
		"A": {"const": "only", "x-new": {"keyword": true}}
	}}}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{
		`<a href="#schema-A">A</a> or string or null</code>`,
		`array of object</code> <span class="rule">maxItems 9</span>`,
		`<code class="name">b</code> <code class="type">&#34;x&#34; | 1</code> <b class="required">required</b>`,
		`&#34;only&#34;</code> <span class="rule">x-new {&#34;keyword&#34;:true}</span>`,
	} {
		if !strings.Contains(string(page.HTML), part) {
			t.Errorf("the page lacks %s", part)
		}
	}
}

// Fails when the page of a document with a broken reference silently lacks what it refers to.
func TestBrokenReference(t *testing.T) {
	t.Parallel()
	for _, document := range []string{
		`{"paths": {"/a": {"get": {"parameters": [{"$ref": "#/components/parameters/None"}]}}}}`,
		`{"paths": {"/a": {"get": {"parameters": [{"$ref": "other.json#/a"}]}}}}`,
		`{"paths": {"/a": {"get": {"responses": {"200": {"$ref": "#/components/responses/None"}}}}}}`,
		`[]`,
	} {
		if _, err := docs.Render([]byte(document)); err == nil {
			t.Errorf("%s: no error", document)
		}
	}
}
