package main

import (
	"net/http"
	"testing"
)

// decide sends a request that decides something.
func (p *program) decide(t *testing.T, method, path, body string) string {
	t.Helper()
	r := p.as(t, adminKey, method, path, body)
	if r.status != http.StatusOK {
		t.Fatalf("%s %s: %d %s", method, path, r.status, r.body)
	}
	return r.body
}

// Fails when a decision is not listed with its reason, or cannot be taken back from its list.
func TestConsoleDecisions(t *testing.T) {
	t.Parallel()
	p := serveConsole(t, "ERASURE_KEY=hunter2-hunter2-hunter2-hunter2-hunter2")
	p.wrongMerge(t)
	p.seen(t, "griff@example.com", "+14155550999")
	p.decide(t, http.MethodPost, "/observations/6/retract", `{"reason":"he used her phone"}`)
	p.decide(t, http.MethodPut, "/separations", `{"contactId":1,"otherContactId":4,"reason":"a former employee"}`)
	p.decide(t, http.MethodPost, "/blocked", `{"kind":"phoneNumber","value":"+14155550777","reason":"the counter"}`)
	p.decide(t, http.MethodPost, "/erasures", `{"email":"griff@example.com","suppress":true}`)
	b := openTab(t, p.url)
	b.signInTo(t, adminKey)
	b.click(t, "Decisions")
	for _, tab := range []struct{ name, shown, back, verb, left string }{
		{"Retracted links", "he used her phone", "Link these two values again?", "Restore this link", ""},
		{"Separations", "a former employee", "May these two be one customer again?", "End the separation", "No customers are kept apart."},
		{"Blocked values", "the counter", "May this value link customers again?", "End the block", "No value is blocked."},
		{"Erasures", ", kept out from now on", "", "", ""},
		{"Kept out", "an erased e-mail address", "May this value be stored again?", "Let it in", "No erased value is kept out."},
	} {
		b.click(t, tab.name)
		b.see(t, tab.shown)
		b.looks(t, "decisions-"+tab.name)
		if tab.verb == "" || tab.left == "" { // the two are separated: the link cannot be restored
			continue
		}
		b.click(t, "Take back…")
		b.see(t, tab.back)
		b.looks(t, "take-back-"+tab.name)
		b.click(t, tab.verb)
		b.see(t, tab.left)
	}
	b.quiet(t, "status of 401")
}
