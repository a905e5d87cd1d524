package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/identikit/identikit/internal/mysqltest"
)

// Fails when a key cannot be made, works less or more than was chosen, or can be read again; and when it cannot be
// revoked.
func TestConsoleKeys(t *testing.T) {
	t.Parallel()
	p := serveConsole(t)
	b := openTab(t, p.url)
	b.signInTo(t, adminKey)
	b.click(t, "Keys")
	b.see(t, "from ADMIN_KEY")
	b.click(t, "Make a key")
	b.do(t, chromedp.SendKeys(chromedp.CSS("dialog input[required]"), "support desk"))
	b.click(t, "contacts:read")
	b.looks(t, "key-new")
	b.click(t, "Make the key")
	b.see(t, "It is shown only now.")
	b.looks(t, "key-secret")
	secret := regexp.MustCompile(`idk_\w+`).FindString(evaluate[string](t, b, `document.querySelector(".secret").textContent`))
	p.accepted(t, secret, http.StatusNotFound)
	if r := p.as(t, secret, http.MethodGet, "/keys", ""); r.status != http.StatusForbidden {
		t.Errorf("%d %s", r.status, r.body)
	}
	b.click(t, "I have stored it")
	b.see(t, "support desk")
	b.open(t, "/console/keys")
	b.see(t, "support desk")
	b.looks(t, "keys")
	if strings.Contains(evaluate[string](t, b, "document.documentElement.outerHTML"), secret) {
		t.Error("the secret is shown again")
	}
	b.click(t, "Revoke…")
	b.see(t, "Revoke the key") // the first one, which is that of the session
	b.click(t, "Cancel")
	evaluate[any](t, b, `[...document.querySelectorAll("tr")].find((row) => row.textContent.includes("support desk")).querySelector(".danger").click()`)
	b.see(t, "Revoke the key support desk?")
	b.click(t, "Revoke it")
	b.see(t, "does not work any more")
	p.accepted(t, secret, http.StatusUnauthorized)
	b.quiet(t, "status of 401")
}

// Fails when a value can be erased without typing it, when something else is erased, or when the receipt is not
// shown or has a value.
func TestConsoleErases(t *testing.T) {
	t.Parallel()
	p := serveConsole(t)
	p.wrongMerge(t)
	b := openTab(t, p.url)
	b.signInTo(t, adminKey)
	b.find(t, "#1")
	b.see(t, "4 e-mail addresses, 3 phone numbers")
	evaluate[any](t, b, `[...document.querySelectorAll("tr")].find((row) => row.textContent.includes("mcfly@")).querySelector(".danger").click()`)
	b.see(t, "Erase this value for good?")
	b.do(t, chromedp.SendKeys(chromedp.CSS("dialog input"), "mcfly@hillvalley.ed"))
	if !evaluate[bool](t, b, `document.querySelector("dialog button.danger").disabled`) {
		t.Error("it can be erased without typing all of it")
	}
	b.do(t, chromedp.SendKeys(chromedp.CSS("dialog input"), "u"))
	b.looks(t, "erase")
	b.click(t, "Erase for good")
	b.see(t, "This receipt has no personal data")
	b.looks(t, "receipt")
	receipt := evaluate[string](t, b, `document.querySelector("dialog").textContent`)
	if strings.Contains(receipt, "mcfly") || !strings.Contains(receipt, "1 observation") {
		t.Errorf("the receipt says %s", receipt)
	}
	b.click(t, "Close")
	b.see(t, "3 e-mail addresses, 3 phone numbers")
	if r := p.as(t, adminKey, http.MethodPost, "/contacts/search", `{"email":"mcfly@hillvalley.edu"}`); r.status != http.StatusNotFound {
		t.Errorf("%d %s", r.status, r.body)
	}
	b.click(t, "Decisions")
	b.click(t, "Erasures")
	b.see(t, "contact 2")
	b.looks(t, "decisions")
	b.quiet(t, "status of 401")
}

// Fails when a page stays broken after the service was away, or does not say what has happened.
func TestConsoleServiceAwayAndBack(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	p := serve(t, databaseURL(db), "AUTH=required", "ADMIN_KEY="+adminKey)
	p.accepted(t, adminKey, http.StatusNotFound)
	p.wrongMerge(t)
	b := openTab(t, p.url)
	b.signInTo(t, adminKey)
	b.find(t, "#1")
	b.see(t, "4 e-mail addresses, 3 phone numbers")
	p.stop(t)
	b.click(t, "Decisions")
	b.see(t, "The service cannot be reached.")
	b.looks(t, "unreachable")
	_, port, _ := strings.Cut(strings.TrimPrefix(p.url, "http://"), ":")
	serve(t, databaseURL(db), "AUTH=required", "PORT="+port)
	b.click(t, "Try again")
	b.see(t, "No link is retracted.") // the session goes on
}

// consoleFiles returns the files of the console that this binary contains.
func consoleFiles(t *testing.T) (embedded []string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	binary, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	paths, err := filepath.Glob("../../internal/console/web/*.*")
	if err != nil || len(paths) < 10 {
		t.Fatalf("%v %v", paths, err)
	}
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(binary, content) {
			embedded = append(embedded, filepath.Base(path))
		}
	}
	return embedded
}

// Fails when a service without a console serves it, or says that it does.
func TestConsoleOff(t *testing.T) {
	t.Parallel()
	if embedded := consoleFiles(t); !slices.Contains(embedded, "app.js") { // or TestNoConsole proves nothing
		t.Errorf("the binary contains %v", embedded)
	}
	p := serve(t, databaseURL(mysqltest.NewDB(t)), "CONSOLE=off")
	for _, path := range []string{"/console", "/console/keys"} {
		if status, body := p.get(t, path); status != http.StatusNotFound {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	if out := p.stdout.String(); strings.Contains(out, "console") {
		t.Errorf("it says %s", out)
	}
	on := serve(t, databaseURL(mysqltest.NewDB(t)))
	eventually(t, "the start says where the console is", func() error {
		if out := on.stdout.String(); !strings.Contains(out, "/console") {
			return fmt.Errorf("it says %q", out)
		}
		return nil
	})
}
