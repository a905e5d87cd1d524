package main

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/identikit/identikit/internal/mysqltest"
)

// Fails when a page goes on without a session, after its key was revoked or after it was signed out, or when the next
// person cannot go on with the page.
func TestConsoleSessionEnds(t *testing.T) {
	t.Parallel()
	p := serveConsole(t)
	p.wrongMerge(t)
	id, key := p.newKey(t, adminKey, `{"name":"support","scopes":["contacts:read"]}`)
	p.accepted(t, key, http.StatusNotFound)
	b := openTab(t, p.url)
	b.signInTo(t, key)
	b.find(t, "+14155550132")
	b.see(t, "Customer 1")
	b.wait(t, `() => ![...document.querySelectorAll("button")].some((e) => /wrong|Retract|Erase/.test(e.textContent))`)
	b.looks(t, "customer-read-only")
	if r := p.as(t, adminKey, http.MethodPost, fmt.Sprintf("/keys/%d/revoke", id), `{"reason":"a test"}`); r.status != http.StatusOK {
		t.Fatal(r.body)
	}
	p.accepted(t, key, http.StatusUnauthorized)
	b.click(t, "Decisions")
	b.see(t, "Your session has ended.")
	b.do(t, chromedp.SendKeys(chromedp.CSS("input[type=password]"), key))
	b.click(t, "Sign in")
	b.see(t, "This API key does not exist, was revoked or has expired.")
	b.looks(t, "sign-in-refused")
	b.do(t, chromedp.SendKeys(chromedp.CSS("input[type=password]"), adminKey))
	b.click(t, "Sign in")
	b.see(t, "No link is retracted.") // the page where it was
	b.click(t, "Sign out")
	b.see(t, "API key")
	if text := evaluate[string](t, b, "document.body.innerText"); strings.Contains(text, "has ended") {
		t.Errorf("who has signed out is told: %s", text)
	}
	if r := p.as(t, "", http.MethodGet, "/session", ""); r.status != http.StatusUnauthorized {
		t.Errorf("%d %s", r.status, r.body)
	}
}

// expire moves the end of all sessions into the past, as if twelve hours had passed.
func expire(t *testing.T, db *mysqltest.DB) {
	t.Helper()
	_, err := db.Pool.ExecContext(t.Context(), "UPDATE sessions SET expires_at = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND")
	if err != nil {
		t.Fatal(err)
	}
}

// Fails when a page goes on after the session has expired, does not say so, or is lost; and when a page that is
// opened later does not say it.
func TestConsoleSessionExpires(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	p := serve(t, databaseURL(db), "AUTH=required", "ADMIN_KEY="+adminKey)
	p.accepted(t, adminKey, http.StatusNotFound)
	p.wrongMerge(t)
	b := openTab(t, p.url)
	b.signInTo(t, adminKey)
	b.click(t, "Decisions")
	b.see(t, "No link is retracted.")
	expire(t, db)
	eventually(t, "the session ends", func() error { // a session is used for a second without looking again
		if evaluate[bool](t, b, `document.body.innerText.includes("Your session has ended. Sign in again to go on with this page.")`) {
			return nil
		}
		evaluate[any](t, b, `document.querySelector("[role=tab][aria-selected=false]")?.click()`)
		return errors.New("it goes on")
	})
	b.looks(t, "session-expired")
	b.do(t, chromedp.SendKeys(chromedp.CSS("input[type=password]"), adminKey))
	b.click(t, "Sign in")
	b.see(t, "What people decided and what is in force")

	b.open(t, "/console/customers/1")
	b.see(t, "4 e-mail addresses, 3 phone numbers")
	b.do(t, chromedp.Navigate("about:blank")) // a request of this page would be told, and take the cookie away
	expire(t, db)
	time.Sleep(1500 * time.Millisecond) // a session is used for a second without looking again
	b.open(t, "/console/customers/1")
	b.see(t, "Your session has ended.")
	b.do(t, chromedp.SendKeys(chromedp.CSS("input[type=password]"), adminKey))
	b.click(t, "Sign in")
	b.see(t, "4 e-mail addresses, 3 phone numbers")
}
