package main

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/identikit/identikit/internal/mysqltest"
	"github.com/identikit/identikit/internal/testbed"
)

// proxied returns a proxy in front of a database, and the setting of a service that uses it.
func proxied(t *testing.T, db *mysqltest.DB) (*testbed.Proxy, string) {
	t.Helper()
	u, err := url.Parse(db.URL())
	if err != nil {
		t.Fatal(err)
	}
	network, address, query := "tcp", u.Host, u.Query()
	if socket := query.Get("socket"); socket != "" {
		network, address = "unix", socket
		query.Del("socket")
	}
	proxy, err := testbed.NewProxy(t.Context(), network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { proxy.Close() })
	u.Host, u.RawQuery = proxy.Address(), query.Encode()
	return proxy, "DATABASE_URL=" + u.String()
}

// Fails when a page does not say that the database is away, shows something that is not so instead, loses what
// was typed or chosen, or cannot go on when the database is back.
func TestConsoleDatabaseAwayAndBack(t *testing.T) {
	t.Parallel()
	proxy, address := proxied(t, mysqltest.NewDB(t))
	p := serve(t, address, "AUTH=required", "ADMIN_KEY="+adminKey, "REQUEST_TIMEOUT=3s")
	p.accepted(t, adminKey, http.StatusNotFound)
	p.wrongMerge(t)
	const says = "The database did not answer in time or is not reachable."
	away := func(is bool) {
		proxy.Refuse(is)
		if is {
			proxy.Cut()
		}
	}
	b := openTab(t, p.url)
	b.signInTo(t, adminKey)

	away(true)
	b.find(t, "lorraine@hillvalley.edu")
	b.see(t, says)
	away(false)
	b.click(t, "Find") // what was typed is still there
	b.see(t, "4 e-mail addresses, 3 phone numbers")

	b.click(t, "biff@hillvalley.edu")
	away(true)
	b.click(t, "+14155550188")
	b.see(t, says)
	b.looks(t, "database-away")
	if text := evaluate[string](t, b, "document.body.innerText"); strings.Contains(text, "They do not") {
		t.Errorf("it says that nothing joins them: %s", text)
	}
	away(false)
	b.click(t, "Try again")
	b.see(t, "That was wrong…")
	b.wait(t, `() => document.querySelectorAll(".graph .node.selected").length === 2 && document.querySelectorAll(".chain li").length > 1`)

	away(true)
	b.click(t, "That was wrong…")
	b.see(t, says)
	away(false)
	b.click(t, "Try again")
	b.see(t, "After: 2 customers")
	away(true)
	b.click(t, "Retract this link")
	b.see(t, says)
	away(false)
	b.click(t, "Retract this link")
	b.see(t, "The link was retracted.")
	b.see(t, "2 e-mail addresses, 2 phone numbers")

	evaluate[any](t, b, `[...document.querySelectorAll("tr")].find((row) => row.textContent.includes("mcfly@")).querySelector(".danger").click()`)
	b.see(t, "Erase this value for good?")
	b.do(t, chromedp.SendKeys(chromedp.CSS("dialog input"), "mcfly@hillvalley.edu"))
	away(true)
	b.click(t, "Erase for good")
	b.see(t, says)
	away(false)
	b.click(t, "Erase for good")
	b.see(t, "This receipt has no personal data")
	b.click(t, "Close")
	b.see(t, "1 e-mail address, 2 phone numbers")

	evaluate[any](t, b, `[...document.querySelectorAll("tr")].find((row) => row.textContent.includes("+14155550188")).querySelector(".danger").click()`)
	b.see(t, "Erase this value for good?")
	b.do(t, chromedp.SendKeys(chromedp.CSS("dialog input"), "+14155550188"))
	proxy.Commits(testbed.LoseAnswer) // it is carried out, and nobody hears of it
	b.click(t, "Erase for good")
	b.see(t, "repeating it is safe")
	b.click(t, "Erase for good")
	b.see(t, "This receipt has no personal data")
	b.quiet(t, "status of 401", "status of 503")
}
