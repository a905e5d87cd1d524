package api

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/identikit/identikit/internal/identity"
)

// ask sends a request to a service without dependencies: a request that reaches a handler panics.
func ask(t *testing.T, method, path, body string) (int, string) {
	t.Helper()
	normalizer, err := identity.NewNormalizer("")
	if err != nil {
		t.Fatal(err)
	}
	h := NewChecked(t, Options{Logger: slog.New(slog.DiscardHandler), RequestTimeout: time.Minute, Normalizer: normalizer})
	w := httptest.NewRecorder()
	r := httptest.NewRequest(method, strings.ReplaceAll(path, ":id", "7"), strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	h.ServeHTTP(w, r)
	var p problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Errorf("%s %s: got %d %s", method, path, w.Code, w.Body)
	}
	return w.Code, p.Detail
}

// Fails when a route ignores an unknown parameter (which may be a misspelt dryRun), a repeated
// parameter or a malformed query.
func TestEveryRouteRefusesUnknownParameters(t *testing.T) {
	t.Parallel()
	for _, r := range newRouter(Options{}).Routes() {
		for query, part := range map[string]string{
			"?unknown=1": " takes ", "?dry_run=true": " takes ", "?DryRun=true": " takes ", "?limit%20=1": " takes ",
			"?unknown": " takes ", "?=": " takes ",
			"?dryRun=true&dryRun=true&limit=1&limit=1": "", "?a=%zz": "malformed", "?a;b": "malformed",
		} {
			status, detail := ask(t, r.Method, r.Path+query, "")
			if status != http.StatusBadRequest || !strings.Contains(detail, part) {
				t.Errorf("%s %s%s: got %d %s", r.Method, r.Path, query, status, detail)
			}
		}
	}
}

// Fails when the answer to an unknown parameter does not list the known ones.
func TestUnknownParameterListsKnownOnes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ method, path, want string }{
		{"POST", "/identify?dryRun=true", "POST /identify takes no query parameters."},
		{"POST", "/observations/1/retract?dry_run=true", "POST /observations/{id}/retract takes only the query parameter dryRun."},
		{"POST", "/refusals/1/dismiss?dryRun=true", "POST /refusals/{id}/dismiss takes no query parameters."},
		{"DELETE", "/contacts/1?dryrun=true", "DELETE /contacts/{id} takes only the query parameters dryRun and suppress."},
		{"GET", "/events?from=1", "GET /events takes only the query parameters after and limit."},
		{"HEAD", "/contacts/1/explain?id=1", "HEAD /contacts/{id}/explain takes only the query parameters with, email and phoneNumber."},
		{"DELETE", "/contacts/1?dryRun=true&dryRun=false", "Give the query parameter dryRun only once."},
	} {
		if status, detail := ask(t, c.method, c.path, ""); status != http.StatusBadRequest || detail != c.want {
			t.Errorf("%s %s: got %d %s, want %s", c.method, c.path, status, detail, c.want)
		}
	}
}

// Fails when a flag accepts anything but true or false on any route.
func TestFlagsAreTrueOrFalse(t *testing.T) {
	t.Parallel()
	flags := 0
	for _, r := range newRouter(Options{}).Routes() {
		for _, name := range []string{"dryRun", "suppress"} {
			if _, detail := ask(t, r.Method, r.Path+"?"+name+"=yes", ""); !strings.Contains(detail, "must be") {
				continue // the route does not take it: see above
			}
			flags++
			for _, value := range []string{"=yes", "=1", "=True", "=", ""} {
				status, detail := ask(t, r.Method, r.Path+"?"+name+value, "")
				if want := name + " must be true or false."; status != http.StatusBadRequest || detail != want {
					t.Errorf("%s %s?%s%s: got %d %s", r.Method, r.Path, name, value, status, detail)
				}
			}
		}
	}
	if flags < 10 {
		t.Errorf("found %d flags", flags)
	}
}

// Fails when the document lists other parameters for a route than the route takes.
func TestOpenAPIHasEveryParameter(t *testing.T) {
	t.Parallel()
	type parameter struct{ Ref, Name, In string }
	var d struct {
		Paths      map[string]map[string]struct{ Parameters []parameter }
		Components struct{ Parameters map[string]parameter }
	}
	text := strings.ReplaceAll(openapiJSON, `"$ref"`, `"ref"`)
	if err := json.NewDecoder(bytes.NewReader([]byte(text))).Decode(&d); err != nil {
		t.Fatal(err)
	}
	for _, r := range new(server).routes() {
		var documented []string
		for _, p := range d.Paths[inBraces(r.path)][r.documented()].Parameters {
			if name, found := strings.CutPrefix(p.Ref, "#/components/parameters/"); found {
				p = d.Components.Parameters[name]
			}
			if p.In == "query" {
				documented = append(documented, p.Name)
			}
		}
		slices.Sort(documented)
		if diff := cmp.Diff(slices.Sorted(slices.Values(r.takes)), documented, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s %s (-takes +documented):\n%s", r.method, r.path, diff)
		}
	}
}

// Fails when a body on a route that takes none is ignored: it may ask for a dry run.
func TestUnexpectedBody(t *testing.T) {
	t.Parallel()
	for _, route := range []string{
		"POST /observations/1/restore", "DELETE /separations/1", "DELETE /separations?contactId=1&otherContactId=2",
		"POST /refusals/1/accept", "POST /refusals/1/dismiss", "DELETE /blocked/1", "DELETE /contacts/1",
	} {
		method, path, _ := strings.Cut(route, " ")
		for _, body := range []string{`{"dryRun":true}`, `dryRun=true`, `[]`, strings.Repeat(" ", 20_000)} {
			status, detail := ask(t, method, path, body)
			if status != http.StatusBadRequest || !strings.Contains(detail, "takes no body") {
				t.Errorf("%s with the body %.20s: got %d %s", route, body, status, detail)
			}
		}
		for _, body := range []string{"", " ", "{}\n", "null"} { // sent by clients that always send JSON
			if status, _ := ask(t, method, path, body); status != http.StatusInternalServerError {
				t.Errorf("%s with the body %q: got %d, not the handler", route, body, status)
			}
		}
	}
}

// Fails when a body that may be absent is asked for.
func TestOptionalBody(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", " ", "{}\n", `{"reason":null}`} {
		if status, _ := ask(t, "POST", "/observations/1/retract", body); status != http.StatusInternalServerError {
			t.Errorf("with the body %q: got %d, not the handler", body, status)
		}
	}
}

// Fails when an unknown or misspelt member in the body of a correction is ignored.
func TestUnknownMembersOfCorrections(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ route, body, want string }{
		{"PUT /separations", `{"contactId":1,"otherContactId":2,"dryRun":true}`,
			"The body takes only contactId, otherContactId and reason. dryRun is a query parameter."},
		{"PUT /separations", `{"contactID":1,"otherContactId":2}`, "The body takes only contactId, otherContactId and reason."},
		{"POST /blocked", `{"kind":"email","value":"a@b.c","Reason":""}`, "The body takes only kind, list, reason, value and values."},
		{"DELETE /blocked", `{"kind":"email","value":"a@b.c","reason":""}`, "The body takes only kind and value."},
		{"POST /erasures", `{"email":"a@b.c","dry_run":true}`, "The body takes only email, phoneNumber and suppress."},
		{"POST /erasures", `{"email":"a@b.c","dryRun":true}`, "dryRun is a query parameter."},
		{"PUT /separations", `{"contactId":"1","otherContactId":2}`, "contactId must be"},
		{"PUT /separations", `{"contactId":-1,"otherContactId":2}`, "contactId must be"},
		{"PUT /separations", `{"contactId":1,"otherContactId":2,"reason":3}`, "reason must be"},
		{"POST /observations/1/retract", `{"dryRun":true}`, "The body takes only reason. dryRun is a query parameter."},
		{"POST /observations/1/retract", `{"reason":3}`, "reason must be a string. Send no body, or an object"},
		{"POST /observations/1/retract", `null`, "The body is null, not an object."},
		{"PUT /separations", `[]`, "The body is valid JSON but not an object."},
		{"PUT /separations", `null`, "The body is null, not an object."},
		{"PUT /separations", ``, "The body is empty."},
		{"DELETE /blocked", ``, `The body is empty. Send an object such as {"kind":"phoneNumber","value":"0000000"}.`},
		{"DELETE /blocked", `{"value":"1"}`, "kind must be email or phoneNumber."},
		{"DELETE /blocked", `{"kind":"email"}`, "value is missing."},
		{"DELETE /blocked?kind=email&value=a", ``, "DELETE /blocked takes only the query parameter dryRun."},
		{"DELETE /separations", ``, "contactId and otherContactId must be ids of two contacts"},
		{"DELETE /separations?contactId=1&otherContactId=x", ``, "contactId and otherContactId must be ids of two contacts"},
	} {
		method, path, _ := strings.Cut(c.route, " ")
		status, detail := ask(t, method, path, c.body)
		if status != http.StatusBadRequest || !strings.Contains(detail, c.want) {
			t.Errorf("%s %s: got %d %s, want %s", c.route, c.body, status, detail, c.want)
		}
	}
}
