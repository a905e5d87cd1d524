package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/identikit/identikit/internal/mysqltest"
)

// provokedElsewhere are the codes that no request provokes on purpose, with the tests that do.
func provokedElsewhere() map[string]string {
	return map[string]string{
		"body-timeout":        "api.TestBodyTimeout: the server may close the connection before the answer is sent",
		"internal-error":      "api.TestPanic and api.TestErrors, with a handler that fails",
		"unavailable":         "TestDatabaseKilled and TestSilentDatabase",
		"overloaded":          "api.TestTooManyStreams and api.TestBatchesWaitForEachOther",
		"request-in-progress": "TestRepeatAfterAKill",
		"too-many-streams":    "TestStreamsOfAKey",
		"outcome-unknown":     "api.TestOutcomeUnknown",
	}
}

// Fails when a documented problem cannot be provoked in the running service, or is answered with another code.
// The check of all exchanges adds that its status and its shape are documented.
func TestEveryProblemIsProvoked(t *testing.T) {
	t.Parallel()
	provoked := map[string]bool{}
	for _, provoke := range []func(*testing.T, *asking){invalidRequests, decisions, erasures, repeats, keyless, keyed, expired} {
		a := &asking{provoked: provoked}
		provoke(t, a)
	}
	p := serve(t, databaseURL(mysqltest.NewDB(t)))
	status, text := p.get(t, "/openapi.json")
	var document struct {
		Components struct{ Examples map[string]any }
	}
	if err := json.Unmarshal([]byte(text), &document); err != nil || status != http.StatusOK {
		t.Fatal(status, err)
	}
	for code := range document.Components.Examples {
		if reason := provokedElsewhere()[code]; provoked[code] == (reason != "") {
			t.Errorf("%s: provoked is %v, elsewhere: %q", code, provoked[code], reason)
		}
	}
}

// asking sends requests to one service and notes which problems it answers.
type asking struct {
	*program
	provoked map[string]bool
	key      string
}

// do sends a request. headers are pairs of name and value.
func (a *asking) do(t *testing.T, method, path, body string, headers ...string) reply {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, a.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if a.key != "" {
		r.Header.Set("Authorization", "Bearer "+a.key)
	}
	for i := 0; i < len(headers); i += 2 {
		if r.Header.Set(headers[i], headers[i+1]); headers[i] == "Host" {
			r.Host = headers[i+1]
		}
	}
	answer, err := do(r)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// must expects success.
func (a *asking) must(t *testing.T, method, path, body string) {
	t.Helper()
	r := a.do(t, method, path, body)
	if r.status >= http.StatusMultipleChoices {
		t.Fatalf("%s %s: %d %s", method, path, r.status, r.body)
	}
}

// want expects a problem.
func (a *asking) want(t *testing.T, code, method, path, body string, headers ...string) {
	t.Helper()
	a.check(t, code, a.do(t, method, path, body, headers...))
}

func (a *asking) check(t *testing.T, code string, r reply) {
	t.Helper()
	var got struct{ Code, Type string }
	if err := json.Unmarshal([]byte(r.body), &got); err != nil || got.Code != code || got.Type != "/problems/"+code {
		t.Errorf("got %d %s, want %s", r.status, r.body, code)
		return
	}
	a.provoked[code] = true
}

func invalidRequests(t *testing.T, a *asking) {
	a.program = serve(t, databaseURL(mysqltest.NewDB(t)), "ALLOWED_HOSTS=127.0.0.1")
	a.want(t, "invalid-request", "POST", "/identify", `{}`)
	a.want(t, "invalid-value", "POST", "/identify", `{"email":"nobody"}`)
	a.want(t, "cursor-ahead", "GET", "/events?after=1000000", "")
	a.want(t, "path-not-found", "GET", "/nothing", "")
	a.want(t, "record-not-found", "GET", "/contacts/1000000", "")
	a.want(t, "method-not-allowed", "GET", "/identify", "")
	a.want(t, "request-too-large", "POST", "/identify", strings.Repeat(" ", 20_000))
	a.want(t, "unsupported-media-type", "POST", "/identify", pair(1), "Content-Type", "text/plain")
	a.want(t, "foreign-origin", "POST", "/identify", pair(1), "Sec-Fetch-Site", "cross-site")
	a.want(t, "unknown-host", "GET", "/contacts/1", "", "Host", "evil.example")
	observations := make([]string, 500) // each answer has one value more than the one before
	for i := range observations {
		observations[i] = fmt.Sprintf(`{"email":%q,"phoneNumber":%q}`, email(i), phone(1))
	}
	a.want(t, "answer-too-large", "POST", "/identify/batch", "["+strings.Join(observations, ",")+"]")
}

func repeats(t *testing.T, a *asking) {
	a.program = serve(t, databaseURL(mysqltest.NewDB(t)))
	const key, request = "Idempotency-Key", `{"name":"shop","scopes":["identify"]}`
	if r := a.do(t, "POST", "/keys", request, key, "once"); r.status != http.StatusCreated {
		t.Fatalf("%d %s", r.status, r.body)
	}
	a.want(t, "already-done", "POST", "/keys", request, key, "once")
	a.want(t, "idempotency-key-reused", "POST", "/keys", `{"name":"another","scopes":["identify"]}`, key, "once")
}

func decisions(t *testing.T, a *asking) {
	a.program = serve(t, databaseURL(mysqltest.NewDB(t)))
	both := fmt.Sprintf(`{"email":%q,"phoneNumber":%q}`, email(2), phone(1))
	for _, body := range []string{pair(1), pair(2), both} {
		a.must(t, "POST", "/identify", body)
	}
	// Contacts 1 and 2, which observation 3 links.
	a.want(t, "contacts-linked", "PUT", "/separations", `{"contactId":1,"otherContactId":2}`)
	a.must(t, "POST", "/observations/3/retract", "")
	a.must(t, "POST", "/identify", both) // refused
	a.must(t, "POST", "/refusals/1/dismiss", "")
	a.want(t, "refusal-decided", "POST", "/refusals/1/accept", "")
	a.must(t, "PUT", "/separations", `{"contactId":1,"otherContactId":2}`)
	a.want(t, "contacts-separated", "POST", "/observations/3/restore", "")
	a.must(t, "DELETE", "/separations/1", "")
	block := fmt.Sprintf(`{"kind":"phoneNumber","value":%q}`, phone(1))
	a.must(t, "POST", "/blocked", block)
	a.want(t, "value-blocked", "POST", "/observations/3/restore", "")
	a.want(t, "observation-not-retracted", "POST", "/observations/1/restore", "") // withheld by the block
	a.want(t, "identifies-nobody", "POST", "/identify", fmt.Sprintf(`{"phoneNumber":%q}`, phone(1)))
}

func erasures(t *testing.T, a *asking) {
	db := mysqltest.NewDB(t)
	a.program = serve(t, databaseURL(db))
	a.must(t, "POST", "/identify", pair(1))
	a.want(t, "erasure-key-missing", "DELETE", "/contacts/1?suppress=true", "")
	a.stop(t)
	a.program = serve(t, databaseURL(db), "ERASURE_KEY="+strings.Repeat("k", 44))
	a.must(t, "DELETE", "/contacts/1?suppress=true", "")
	a.want(t, "contact-erased", "GET", "/contacts/1", "")
	a.want(t, "value-erased", "POST", "/blocked", fmt.Sprintf(`{"kind":"email","value":%q}`, email(1)))
}

func keyless(t *testing.T, a *asking) {
	a.program = serve(t, databaseURL(mysqltest.NewDB(t)), "AUTH=required")
	eventually(t, "the keys are read", func() error {
		if r := a.do(t, "GET", "/contacts/1", ""); r.status != http.StatusUnauthorized {
			return fmt.Errorf("got %d %s", r.status, r.body)
		}
		return nil
	})
	a.want(t, "no-keys", "GET", "/contacts/1", "")
}

func keyed(t *testing.T, a *asking) {
	a.program = serve(t, databaseURL(mysqltest.NewDB(t)), "AUTH=required", "ADMIN_KEY="+adminKey)
	a.accepted(t, adminKey, http.StatusNotFound)
	a.want(t, "key-missing", "GET", "/contacts/1", "")
	_, weak := a.newKey(t, adminKey, `{"name":"weak","scopes":["keys:write"],"requestsPerSecond":1,"burst":3}`)
	a.accepted(t, weak, http.StatusForbidden)
	a.key = weak
	a.want(t, "scope-missing", "GET", "/contacts/1", "")
	a.want(t, "grant-too-wide", "POST", "/keys", `{"name":"strong","scopes":["all"]}`)
	eventually(t, "the quota is used up", func() error {
		r := a.do(t, "GET", "/keys", "")
		if r.status == http.StatusTooManyRequests {
			a.check(t, "quota-exceeded", r)
			return nil
		}
		return fmt.Errorf("got %d", r.status)
	})
	a.key = adminKey
	a.want(t, "key-not-rotatable", "POST", "/keys/1/rotate", `{}`)
	a.key = ""
	a.check(t, "session-ended", a.do(t, "GET", "/session", "", "Cookie", "__Host-identikit=1.made.up"))
	a.key = "idk_wrong_key"
	a.want(t, "key-invalid", "GET", "/contacts/1", "")
	eventually(t, "the address is locked out", func() error {
		r := a.do(t, "GET", "/contacts/1", "")
		if r.status == http.StatusTooManyRequests {
			a.check(t, "too-many-failures", r)
			return nil
		}
		return fmt.Errorf("got %d", r.status)
	})
}

func expired(t *testing.T, a *asking) {
	db := mysqltest.NewDB(t)
	a.program = serve(t, databaseURL(db))
	a.must(t, "POST", "/identify", pair(1))
	if _, err := db.Pool.ExecContext(t.Context(), "UPDATE change_sets SET created_at = created_at - INTERVAL 3 HOUR"); err != nil {
		t.Fatal(err)
	}
	a.must(t, "POST", "/identify", pair(2))
	a.stop(t)
	a.program = serve(t, databaseURL(db), "EVENTS_RETENTION=2h")
	eventually(t, "the old event is deleted", func() error {
		r := a.do(t, "GET", "/events?after=0", "")
		if r.status == http.StatusGone {
			a.check(t, "events-expired", r)
			return nil
		}
		return fmt.Errorf("got %d %s", r.status, r.body)
	})
}

// Fails when a command prints a code instead of a sentence.
func TestErrorsArePrintedAsSentences(t *testing.T) {
	t.Parallel()
	url := databaseURL(mysqltest.NewDB(t))
	code, stdout, stderr := execute(t, []string{url}, "keys", "revoke", "999")
	if want := "identikit: There is no key 999.\n"; code != exitFailure || stdout != "" || stderr != want {
		t.Errorf("got %d %q %q, want %q", code, stdout, stderr, want)
	}
}
