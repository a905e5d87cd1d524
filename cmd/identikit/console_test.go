package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/identikit/identikit/internal/mysqltest"
)

// signInTo opens the console and signs in.
func (b *tab) signInTo(t *testing.T, key string) {
	t.Helper()
	b.open(t, "/console")
	b.see(t, "API key")
	b.do(t, chromedp.SendKeys(chromedp.CSS("input[type=password]"), key))
	b.click(t, "Sign in")
	b.see(t, "Find a customer")
}

// find searches for a value from the first page.
func (b *tab) find(t *testing.T, value string) {
	t.Helper()
	b.do(t, chromedp.SendKeys(chromedp.CSS("main input[type=search]"), value))
	b.click(t, "Find")
}

// wrongMerge observes two customers with two values each, and a link between them that is wrong.
func (p *program) wrongMerge(t *testing.T) {
	t.Helper()
	for _, pair := range [][2]string{
		{"lorraine@hillvalley.edu", "+14155550132"}, {"mcfly@hillvalley.edu", "+14155550132"}, {"lorraine@hillvalley.edu", "+14155550188"},
		{"biff@hillvalley.edu", "+14155550777"}, {"tannen.autos@example.com", "+14155550777"}, {"biff@hillvalley.edu", "+14155550132"},
	} {
		p.seen(t, pair[0], pair[1])
	}
}

// seen sends a pair to POST /identify and returns the answer.
func (p *program) seen(t *testing.T, email, phone string) string {
	t.Helper()
	r := p.as(t, adminKey, http.MethodPost, "/identify", fmt.Sprintf(`{"email":%q,"phoneNumber":%q}`, email, phone))
	if r.status != http.StatusOK {
		t.Fatalf("%d %s", r.status, r.body)
	}
	return r.body
}

// serveConsole starts a service whose key works.
func serveConsole(t *testing.T, settings ...string) *program {
	t.Helper()
	p := serve(t, append([]string{databaseURL(mysqltest.NewDB(t)), "AUTH=required", "ADMIN_KEY=" + adminKey}, settings...)...)
	p.accepted(t, adminKey, http.StatusNotFound)
	return p
}

// Fails when somebody who sees the console for the first time cannot find a customer, see why two values belong
// together, and undo the wrong link; when the link comes back, or the reason is not kept and shown; or when a value
// stands in a URL or a title.
func TestConsoleUndoesAWrongMerge(t *testing.T) {
	t.Parallel()
	p := serveConsole(t)
	p.wrongMerge(t)
	b := openTab(t, p.url)
	b.open(t, "/console")
	b.see(t, "API key")
	b.looks(t, "sign-in")
	b.signInTo(t, adminKey)
	b.looks(t, "search")
	b.find(t, "mcfly@hillvalley.edu")
	b.see(t, "4 e-mail addresses, 3 phone numbers")
	b.see(t, "What holds this customer together")
	b.looks(t, "customer")

	b.click(t, "biff@hillvalley.edu")
	b.click(t, "+14155550188")
	b.see(t, "Why do they belong together?")
	b.see(t, "was seen with")
	b.looks(t, "why")
	b.click(t, "That was wrong…")
	b.see(t, "After: 2 customers")
	b.do(t, chromedp.SendKeys(chromedp.CSS("dialog input"), "he used her phone"))
	b.looks(t, "retract")
	b.do(t, chromedp.KeyEvent(kb.Enter))
	b.see(t, "The link was retracted.")
	b.see(t, "2 e-mail addresses, 2 phone numbers")
	b.looks(t, "retracted")

	if body := p.seen(t, "biff@hillvalley.edu", "+14155550132"); strings.Contains(body, "lorraine") {
		t.Errorf("the link came back: %s", body)
	}
	b.open(t, "/console/customers/1")
	b.see(t, "2 e-mail addresses, 2 phone numbers")
	b.see(t, "Link retracted")

	if title, err := chromedp.Run(b.ctx, chromedp.Title()); err != nil || title != "Customer 1 · Identikit" {
		t.Errorf("the title is %q, %v", title, err)
	}
	for _, r := range b.requests {
		if strings.Contains(r, "hillvalley") || strings.Contains(r, "1415555") {
			t.Errorf("a value stands in a URL: %s", r)
		}
	}
	b.click(t, "Decisions")
	b.see(t, "he used her phone") // why, in the list
	b.looks(t, "decisions-retracted")
	b.click(t, "Take back…")
	b.see(t, "After: 1 customer")
	b.click(t, "Restore this link")
	b.see(t, "No link is retracted.")
	b.click(t, "Undo")
	b.see(t, "he used her phone")
	b.quiet(t, "status of 401")
}
