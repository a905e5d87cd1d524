package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// refusals makes n customers that were seen with one phone number, which may link one only. Their refusals have
// the ids 1 to n.
func (p *program) refusals(t *testing.T, n int) {
	t.Helper()
	p.seen(t, "owner@example.com", "+14155550100")
	for i := range n {
		p.seen(t, fmt.Sprintf("p%02d@example.com", i+1), "+14155550100")
	}
}

// open returns the ids of the open refusals.
func (p *program) open(t *testing.T) (ids []int) {
	t.Helper()
	r := p.as(t, adminKey, http.MethodGet, "/refusals?limit=1000", "")
	var page struct{ Refusals []struct{ ID int } }
	if err := json.Unmarshal([]byte(r.body), &page); err != nil {
		t.Fatal(r.body)
	}
	for _, one := range page.Refusals {
		ids = append(ids, one.ID)
	}
	return ids
}

// left waits until the number of open refusals is n.
func (p *program) left(t *testing.T, n int) {
	t.Helper()
	eventually(t, fmt.Sprintf("%d refusals are open", n), func() error {
		if ids := p.open(t); len(ids) != n {
			return fmt.Errorf("%v are open", ids)
		}
		return nil
	})
}

// current waits until the case of an e-mail address is shown and can be decided.
func (b *tab) current(t *testing.T, email string) {
	t.Helper()
	b.wait(t, `(email) => document.querySelector(".cases [aria-current=true]")?.innerText.includes(email) &&
		document.querySelector(".case .actions button:not(:disabled)") && document.querySelector(".case")?.innerText.includes(email)`, email)
}

// Fails when twenty refusals cannot be worked through by the keyboard alone, when a key does something else than
// it says, or when the last decision cannot be undone.
func TestConsoleQueueByKeyboard(t *testing.T) {
	t.Parallel()
	p := serveConsole(t, "MAX_EMAILS_PER_PHONE=1")
	p.refusals(t, 20)
	b := openTab(t, p.url)
	b.open(t, "/console/refusals")
	b.see(t, "API key")
	b.do(t, chromedp.KeyEvent(adminKey), chromedp.KeyEvent(kb.Enter)) // the field has the focus
	b.current(t, "p01@")
	b.looks(t, "refusals")
	b.press(t, "?")
	b.see(t, "Keyboard shortcuts")
	b.looks(t, "help")
	b.press(t, kb.Escape)
	for i := 1; i <= 18; i++ { // accept and dismiss in turn
		b.current(t, fmt.Sprintf("p%02d@", i))
		b.press(t, map[bool]string{true: "a", false: "d"}[i%2 == 1])
		p.left(t, 20-i)
	}
	b.current(t, "p19@")
	b.press(t, "j")
	b.current(t, "p20@")
	b.press(t, "k")
	b.current(t, "p19@")

	b.press(t, "u") // take back the last dismissal
	b.see(t, "Undone.")
	p.left(t, 3)
	b.current(t, "p18@")
	b.press(t, "d")
	p.left(t, 2)

	b.current(t, "p19@")
	b.press(t, "s")
	b.see(t, "Keep these two customers apart?")
	b.do(t, chromedp.KeyEvent("two people"), chromedp.KeyEvent(kb.Enter))
	b.see(t, "stay apart from now on")
	if r := p.as(t, adminKey, http.MethodGet, "/separations", ""); !strings.Contains(r.body, "two people") {
		t.Errorf("not separated: %s", r.body)
	}

	b.current(t, "p19@")
	b.press(t, "b")
	b.see(t, "Block a value?")
	b.looks(t, "block")
	b.do(t, chromedp.KeyEvent("the counter"), chromedp.KeyEvent(kb.Enter))
	b.see(t, "The value is blocked.")
	if r := p.as(t, adminKey, http.MethodGet, "/blocked", ""); !strings.Contains(r.body, "the counter") {
		t.Errorf("not blocked: %s", r.body)
	}
	b.press(t, "u")
	eventually(t, "the block is undone", func() error {
		if r := p.as(t, adminKey, http.MethodGet, "/blocked", ""); strings.Contains(r.body, "the counter") {
			return errors.New(r.body)
		}
		return nil
	})
	b.current(t, "p19@")
	b.press(t, "g")
	b.see(t, "Why do two values belong together?")
	b.quiet(t, "status of 401", "status of 409")
}

// Fails when one refusal that cannot be decided keeps the others from being decided, or is not named.
func TestConsoleBulk(t *testing.T) {
	t.Parallel()
	p := serveConsole(t, "MAX_EMAILS_PER_PHONE=1")
	p.refusals(t, 6)
	b := openTab(t, p.url)
	b.signInTo(t, adminKey)
	b.click(t, "Refusals")
	b.current(t, "p01@")
	b.click(t, "Select all 6")
	b.click(t, "Accept 6…")
	b.see(t, "7 customers become 1.")
	b.looks(t, "bulk")
	// Meanwhile somebody else dismisses one of them.
	if r := p.as(t, adminKey, http.MethodPost, "/refusals/3/dismiss", ""); r.status != http.StatusOK {
		t.Fatalf("%d %s", r.status, r.body)
	}
	b.click(t, "Accept 6")
	b.see(t, "6 of 6 are done.")
	b.see(t, "1 refusal could not be decided")
	b.see(t, "Refusal 3 was dismissed.")
	b.looks(t, "bulk-done")
	b.click(t, "Close")
	b.see(t, "Nothing to decide")
	b.looks(t, "refusals-empty")
	b.quiet(t, "status of 401")
}

// Fails when of two people who look at one case the second decides again, or is not told who decided.
func TestConsoleTwoReviewers(t *testing.T) {
	t.Parallel()
	p := serveConsole(t, "MAX_EMAILS_PER_PHONE=1")
	p.refusals(t, 2)
	id, key := p.newKey(t, adminKey, `{"name":"second reviewer","scopes":["contacts:read","decisions:write"]}`)
	p.accepted(t, key, http.StatusNotFound)
	first, second := openTab(t, p.url), openTab(t, p.url)
	first.signInTo(t, adminKey)
	second.signInTo(t, key)
	for _, b := range []*tab{first, second} {
		b.click(t, "Refusals")
		b.current(t, "p01@")
	}
	second.press(t, "d")
	p.left(t, 1)
	first.press(t, "a")
	first.see(t, fmt.Sprintf("This case was dismissed already by key %d.", id))
	first.looks(t, "decided-by-another")
	first.current(t, "p02@")
	second.see(t, "Decisions")
	second.wait(t, `() => ![...document.querySelectorAll("nav a")].some((a) => a.textContent === "Keys")`)
}
