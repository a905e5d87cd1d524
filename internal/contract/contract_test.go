package contract_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/identikit/identikit/internal/contract"
)

const document = `{
  "openapi": "3.1.0",
  "info": { "title": "Test", "version": "1" },
  "servers": [{ "url": "/" }],
  "paths": {
    "/things/{id}": {
      "put": {
        "parameters": [{ "name": "id", "in": "path", "required": true, "schema": { "type": "integer" } }],
        "requestBody": {
          "content": {
            "application/json": {
              "schema": { "type": "object", "properties": { "name": { "type": ["string", "null"] } }, "additionalProperties": false }
            }
          }
        },
        "responses": {
          "200": {
            "description": "The thing.",
            "content": { "application/json": { "schema": { "$ref": "#/components/schemas/NewThing" } } }
          },
          "409": { "$ref": "#/components/responses/Taken" }
        }
      }
    }
  },
  "components": {
    "responses": {
      "Taken": {
        "description": "Taken.",
        "headers": { "Retry-After": { "required": true, "schema": { "type": "integer" } } },
        "content": {
          "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" }, "examples": { "taken": { "value": { "code": "taken" } } } }
        }
      },
      "PathNotFound": {
        "description": "No such path.",
        "content": {
          "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" }, "examples": { "path": { "value": { "code": "path" } } } }
        }
      }
    },
    "schemas": {
      "Problem": { "type": "object", "required": ["code"], "properties": { "code": { "type": "string" } } },
      "Thing": { "type": "object", "required": ["id"], "properties": { "id": { "const": 7 }, "tags": { "type": "array", "items": { "$ref": "#/components/schemas/Tag" } } } },
      "Tag": { "type": "object", "properties": { "name": { "type": "string" } } },
      "NewThing": { "allOf": [{ "$ref": "#/components/schemas/Thing" }, { "type": "object", "properties": { "secret": { "type": "string" } } }] }
    }
  }
}`

// Fails when an exchange that is not documented passes, or one that is does not.
func TestCheck(t *testing.T) {
	t.Parallel()
	c, err := contract.Load([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	const thing, problem = "application/json", "application/problem+json"
	for _, test := range []struct {
		name, method, path, sent string
		status                   int
		kind, body               string
		headers                  []string
		want                     string // a part of the error; "" for none
	}{
		{"documented", "PUT", "/things/7", `{"name":null}`, 200, thing, `{"id":7,"tags":[{"name":"a"}],"secret":"x"}`, nil, ""},
		{"a wrong value", "PUT", "/things/7", `{}`, 200, thing, `{"id":8}`, nil, "/id"},
		{"a missing member", "PUT", "/things/7", `{}`, 200, thing, `{}`, nil, "id"},
		{"an unknown member", "PUT", "/things/7", `{}`, 200, thing, `{"id":7,"more":1}`, nil, "more"},
		{"an unknown member inside", "PUT", "/things/7", `{}`, 200, thing, `{"id":7,"tags":[{"more":1}]}`, nil, "more"},
		{"an unknown status", "PUT", "/things/7", `{}`, 410, problem, `{"code":"taken"}`, nil, "no such status"},
		{"another content type", "PUT", "/things/7", `{}`, 200, "text/plain", `{"id":7}`, nil, "no content type"},
		{"an unknown header", "PUT", "/things/7", `{}`, 200, thing, `{"id":7}`, []string{"X-More", "1"}, "no header X-More"},
		{"an unknown path", "PUT", "/others", `{}`, 200, thing, `{"id":7}`, nil, "no such operation"},
		{"an unknown method", "POST", "/things/7", `{}`, 200, thing, `{"id":7}`, nil, "no such operation"},
		{"a request that is accepted", "PUT", "/things/7", `{"more":1}`, 200, thing, `{"id":7}`, nil, "more"},
		{"a path that is accepted", "PUT", "/things/x", `{}`, 200, thing, `{"id":7}`, nil, "id"},
		{"a query that is accepted", "PUT", "/things/7?x=1", `{}`, 200, thing, `{"id":7}`, nil, "query"},
		{"a request that is refused", "PUT", "/things/x", `[]`, 409, problem, `{"code":"taken"}`, []string{"Retry-After", "1"}, ""},
		{"a code without an example", "PUT", "/things/7", `{}`, 409, problem, `{"code":"other"}`, []string{"Retry-After", "1"}, `"other"`},
		{"a missing header", "PUT", "/things/7", `{}`, 409, problem, `{"code":"taken"}`, nil, "Retry-After"},
		{"no path", "GET", "/nothing", ``, 404, problem, `{"code":"path"}`, nil, ""},
		{"no path, another problem", "GET", "/nothing", ``, 404, problem, `{"code":"taken"}`, nil, `"taken"`},
	} {
		header := http.Header{"Content-Type": {test.kind}}
		for i := 0; i < len(test.headers); i += 2 {
			header.Set(test.headers[i], test.headers[i+1])
		}
		got := ""
		if err := c.Check(contract.Exchange{
			Request: httptest.NewRequest(test.method, test.path, nil), Sent: []byte(test.sent),
			Status: test.status, Header: header, Body: []byte(test.body),
		}); err != nil {
			_, got, _ = strings.Cut(err.Error(), "not as documented: ")
		}
		if (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

// Fails when a document whose example contradicts its schema is accepted.
func TestLoadChecksExamples(t *testing.T) {
	t.Parallel()
	if _, err := contract.Load([]byte(strings.Replace(document, `{ "code": "taken" }`, `{ "code": 5 }`, 1))); err == nil {
		t.Error("it was accepted")
	}
}
