package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/identikit/identikit/internal/mysqltest"
	"github.com/identikit/identikit/internal/testbed"
)

// hub is a phone number that was seen with so many e-mail addresses that its block takes several requests.
const hub, hubSize = "+14155550100", 3000

// serveHub starts a service with a hub, whose database can be made slow.
func serveHub(t *testing.T) (*program, *testbed.Proxy) {
	t.Helper()
	proxy, address := proxied(t, mysqltest.NewDB(t))
	lines := []string{"email,phone"}
	for i := range hubSize {
		lines = append(lines, fmt.Sprintf("h%04d@example.com,%s", i, hub))
	}
	if code, _, stderr := execute(t, []string{address, "MAX_CLUSTER_VALUES=0"}, "import", file(t, "hub.csv", lines...)); code != 0 {
		t.Fatal(stderr)
	}
	p := serve(t, address, "AUTH=required", "ADMIN_KEY="+adminKey, "REQUEST_TIMEOUT=10s", "MAX_CLUSTER_VALUES=0")
	p.accepted(t, adminKey, http.StatusOK)
	return p, proxy
}

// primary returns the primary of the customer with a phone number.
func (p *program) primary(t *testing.T, phone string) int {
	t.Helper()
	return p.primaryOf(t, p.decide(t, http.MethodPost, "/contacts/search", fmt.Sprintf(`{"phoneNumber":%q}`, phone)))
}

// primaryOf returns the primary in an answer.
func (p *program) primaryOf(t *testing.T, body string) int {
	t.Helper()
	var answer struct {
		Contact struct{ PrimaryContactID int }
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		t.Fatal(err)
	}
	return answer.Contact.PrimaryContactID
}

// slow makes each query take so long that a request does one or two of the steps of a block.
func slow(proxy *testbed.Proxy, is bool) {
	proxy.Delay(map[bool]time.Duration{true: 35 * time.Millisecond, false: 0}[is])
}

// working waits until the header shows that work goes on which has begun.
func (b *tab) working(t *testing.T, label string) {
	t.Helper()
	b.wait(t, `(label) => [...document.querySelectorAll("header .work")].some((e) => e.textContent.startsWith(label) && /: [1-9]\d? %$/.test(e.textContent))`, label)
}

// leave opens a page although the browser asks whether to leave, and returns whether it asked.
func (b *tab) leave(t *testing.T, path string) bool {
	t.Helper()
	asked := make(chan bool, 1)
	err := chromedp.Listen(b.ctx, func(event any) {
		if e, ok := event.(*page.EventJavascriptDialogOpening); ok && e.Type == page.DialogTypeBeforeunload {
			asked <- true
			go func() {
				b.do(t, func(ctx context.Context, target *chromedp.Target) (none chromedp.Void, err error) {
					_, err = cdp.Call(ctx, target, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: true})
					return none, err
				})
			}()
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	b.open(t, path)
	select {
	case <-asked:
		return true
	default:
		return false
	}
}

// Fails when the block of a hub ends as its page is left, is not shown on other pages, is lost when the tab is
// closed, or cannot be continued later.
func TestConsoleWorkIsFoundAgain(t *testing.T) {
	t.Parallel()
	p, proxy := serveHub(t)
	one, other := p.primary(t, hub), p.primaryOf(t, p.seen(t, "other@example.com", "+14155550199"))
	p.decide(t, http.MethodPut, "/separations", fmt.Sprintf(`{"contactId":%d,"otherContactId":%d,"reason":"x"}`, one, other))
	p.seen(t, "other@example.com", hub) // refused, because they are separated
	b := openTab(t, p.url)
	b.open(t, "/console/refusals")
	b.see(t, "API key")
	b.press(t, adminKey+"\r")
	b.current(t, "other@")
	b.press(t, "b")
	b.see(t, "Block a value?")
	slow(proxy, true)
	b.press(t, "a kiosk\r")
	b.see(t, "Blocking a value of contact")
	b.looks(t, "work")
	b.click(t, "Close")
	b.click(t, "Decisions")
	b.working(t, "Blocking a value of contact")
	b.looks(t, "work-elsewhere")
	if html := evaluate[string](t, b, `document.querySelector("header").textContent`); strings.Contains(html, hub) {
		t.Errorf("the header has the value: %s", html)
	}
	evaluate[any](t, b, `document.querySelector("header .work").click()`)
	b.see(t, "It goes on while you do something else")
	b.click(t, "Close")

	if !b.leave(t, "/console/decisions/blocked") {
		t.Error("the browser does not ask before it ends the work")
	}
	b.see(t, "not complete")
	if body := p.decide(t, http.MethodGet, "/blocked", ""); !strings.Contains(body, `"complete":false`) || strings.Contains(body, `"ending"`) {
		t.Errorf("GET /blocked: %s", body)
	}
	b.looks(t, "interrupted")
	slow(proxy, false)
	b.click(t, "Continue")
	b.see(t, "The value is blocked.")
	b.wait(t, `() => !document.body.innerText.includes("not complete") && !document.querySelector("header .work")`)
	if body := p.decide(t, http.MethodGet, "/blocked", ""); !strings.Contains(body, fmt.Sprintf(`"complete":true,"progress":{"linking":0,"withheld":%d}`, hubSize)) {
		t.Errorf("GET /blocked: %s", body)
	}
	b.quiet(t, "status of 401", "status of 409") // the case of the queue cannot be accepted
}

// Fails when the end of a block cannot be continued after the database was away or the tab was closed, or is not
// shown with the customer.
func TestConsoleEndOfABlockIsFoundAgain(t *testing.T) {
	t.Parallel()
	p, proxy := serveHub(t)
	block := fmt.Sprintf(`{"kind":"phoneNumber","value":%q,"reason":"a kiosk"}`, hub)
	for !strings.Contains(p.decide(t, http.MethodPost, "/blocked", block), `"complete":true`) {
	}
	contact := p.primary(t, hub)
	b := openTab(t, p.url)
	b.open(t, "/console/decisions/blocked")
	b.see(t, "API key")
	b.press(t, adminKey+"\r")
	b.see(t, "a kiosk")
	b.click(t, "Take back…")
	b.see(t, "May this value link customers again?")
	b.wait(t, `() => Boolean(document.querySelector("dialog .primary:not([aria-disabled=true])"))`)
	slow(proxy, true)
	b.press(t, "\r") // the button has the focus
	b.see(t, "Ending the block of contact")
	proxy.Refuse(true)
	proxy.Cut()
	b.see(t, "The rest can be continued here, or later under Decisions.")
	b.see(t, "stopped")
	b.looks(t, "work-stopped")
	proxy.Refuse(false)
	b.click(t, "Continue")
	b.see(t, "It goes on while you do something else")
	if !b.leave(t, fmt.Sprintf("/console/customers/%d", contact)) {
		t.Error("the browser does not ask before it ends the work")
	}
	b.see(t, fmt.Sprintf("The end of the block of a value of contact %d is not complete.", contact))
	if body := p.decide(t, http.MethodGet, "/blocked", ""); !strings.Contains(body, `"complete":false`) || !strings.Contains(body, `"ending":true`) {
		t.Errorf("GET /blocked: %s", body)
	}
	slow(proxy, false)
	b.click(t, "Continue")
	b.see(t, "The block has ended.")
	b.wait(t, `() => !document.body.innerText.includes("is not complete")`)
	if body := p.decide(t, http.MethodGet, "/blocked", ""); !strings.Contains(body, `"blocked":[]`) {
		t.Errorf("GET /blocked: %s", body)
	}
	b.quiet(t, "status of 401", "status of 503")
}

// Fails when a decision about many refusals that stops half-way does not say so, loses the rest, or cannot be
// continued.
func TestConsoleBulkStops(t *testing.T) {
	t.Parallel()
	proxy, address := proxied(t, mysqltest.NewDB(t))
	p := serve(t, address, "AUTH=required", "ADMIN_KEY="+adminKey, "REQUEST_TIMEOUT=6s", "MAX_EMAILS_PER_PHONE=1")
	p.accepted(t, adminKey, http.StatusNotFound)
	p.refusals(t, 16)
	b := openTab(t, p.url)
	b.open(t, "/console/refusals")
	b.see(t, "API key")
	b.press(t, adminKey+"\r")
	b.current(t, "p01@")
	b.click(t, "Select all 16")
	b.click(t, "Accept 16…")
	b.see(t, "17 customers become 1.")
	slow(proxy, true)
	b.press(t, "\r")
	b.working(t, "Accepting 16 refusals")
	proxy.Refuse(true)
	proxy.Cut()
	b.see(t, "The others are still in the queue.")
	b.looks(t, "bulk-stopped")
	slow(proxy, false)
	proxy.Refuse(false)
	var left int
	eventually(t, "the queue is there", func() error {
		r := p.as(t, adminKey, http.MethodGet, "/refusals", "")
		if left = strings.Count(r.body, `"id":`); r.status != http.StatusOK {
			return errors.New(r.body)
		}
		return nil
	})
	if left == 0 || left == 16 {
		t.Errorf("%d are left", left)
	}
	b.click(t, "Continue")
	b.see(t, "16 of 16 are done.")
	b.click(t, "Close")
	b.see(t, "Nothing to decide")
	p.left(t, 0)
	b.quiet(t, "status of 401", "status of 503")
}
