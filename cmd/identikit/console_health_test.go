package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/identikit/identikit/internal/mysqltest"
)

// hubOf observes a phone number with n e-mail addresses, of which the first three have numbers of their own,
// and returns how many observations that were.
func (p *program) hubOf(t *testing.T, n int) int {
	t.Helper()
	for i := range 3 {
		p.seen(t, fmt.Sprintf("guest%02d@example.com", i), fmt.Sprintf("+1415555020%d", i))
	}
	for i := range n {
		p.seen(t, fmt.Sprintf("guest%02d@example.com", i), "+14155550100")
	}
	return n + 3
}

// quietHour adds an hour of other observations to what was counted, for the picture.
func quietHour(t *testing.T, db *mysqltest.DB) {
	t.Helper()
	for i := range 58 {
		busy := 40 + 25*(i%7) + 3*i
		if _, err := db.Pool.ExecContext(t.Context(), `INSERT IGNORE INTO outcome_minutes (minute, known, created, linked, merged, refused)
			VALUES (CURRENT_TIMESTAMP - INTERVAL SECOND(CURRENT_TIMESTAMP) SECOND - INTERVAL ? MINUTE, ?, ?, ?, ?, ?)`,
			59-i, busy, busy/5, busy/11, i%4, i%9/7); err != nil {
			t.Fatal(err)
		}
	}
}

// Fails when the page does not follow what is observed, or counts it wrong; when a survey cannot be started,
// or does not show the largest customer and the hub; when it does not say what a block of the hub would do;
// when the refusals of a code cannot be reached; or when a value stands in a URL.
func TestConsoleHealth(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	p := serve(t, databaseURL(db), "AUTH=required", "ADMIN_KEY="+adminKey, "MAX_EMAILS_PER_PHONE=12")
	p.accepted(t, adminKey, 404)
	b := openTab(t, p.url)
	b.signInTo(t, adminKey)
	b.click(t, "Health")
	b.see(t, "Nothing was observed.")
	b.see(t, "There are none.")
	b.see(t, "No event waits to be read.")
	b.see(t, "No survey was made yet.")
	b.looks(t, "health-empty")

	p.wrongMerge(t)
	n := 6 + p.hubOf(t, 15) + p.hubOf(t, 15)
	b.wait(t, `(text) => document.querySelector(".health .head strong")?.textContent === text`, fmt.Sprint(n, " observations"))
	if got, want := evaluate[string](t, b, `[...document.querySelectorAll(".outcome strong")].map((e) => e.textContent).join(" ")`), "15 5 13 3 6"; got != want {
		t.Errorf("the outcomes are %s, want %s", got, want)
	}
	if got := evaluate[int](t, b, `[...document.querySelectorAll(".health details td")].reduce((n, e) => n + Number(e.textContent), 0)`); got != n {
		t.Errorf("the table has %d observations, want %d", got, n)
	}
	b.see(t, "have not been read yet")

	held, err := db.Pool.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	if _, err := held.ExecContext(t.Context(), "LOCK TABLES observations WRITE"); err != nil {
		t.Fatal(err)
	}
	b.click(t, "Survey now")
	b.see(t, "Surveying.")
	b.wait(t, `() => document.querySelector("progress")?.value === 33`)
	b.looks(t, "health-surveying")
	if _, err := held.ExecContext(t.Context(), "UNLOCK TABLES"); err != nil {
		t.Fatal(err)
	}
	b.see(t, "Surveyed")
	b.see(t, "Hubs: values seen with the most others")
	row := func(text string) string {
		return fmt.Sprintf(`[...document.querySelectorAll(".health tr")].find((r) => r.textContent.includes(%q))`, text)
	}
	if got := evaluate[string](t, b, row("+14155550100")+".innerText"); !strings.HasSuffix(strings.TrimSpace(got), "15") {
		t.Errorf("the hub is shown as %q", got)
	}
	quietHour(t, db)
	b.see(t, "a minute in the last five minutes")
	b.wait(t, `() => document.querySelectorAll(".health details tr").length > 50`)
	b.looks(t, "health")
	evaluate[any](t, b, `document.querySelector("#survey").scrollIntoView()`)
	b.looks(t, "health-survey")

	evaluate[any](t, b, row("+14155550100")+`.querySelector("button").click()`)
	b.see(t, "One customer would become 12, the largest with 2 values.")
	evaluate[any](t, b, `document.querySelector("dialog summary").click()`)
	b.looks(t, "health-would-help")
	b.click(t, "Block it…")
	b.see(t, "Block a value?")
	b.see(t, "After: 13 customers")
	b.do(t, chromedp.SendKeys(chromedp.CSS("dialog input[maxlength]"), "the counter"))
	b.click(t, "Block it")
	b.see(t, "The value is blocked.")
	b.wait(t, `() => `+row("+14155550100")+`?.textContent.includes("blocked")`)

	b.click(t, "Too many values")
	b.wait(t, `() => document.querySelector(".filters select")?.value === "fan_out" && document.querySelectorAll(".cases li").length === 3`)
	if got := evaluate[string](t, b, "location.pathname"); got != "/console/refusals/fan_out" {
		t.Errorf("the queue is at %s", got)
	}
	b.click(t, "Refusals")
	b.wait(t, `() => document.querySelector(".filters select")?.value === ""`)
	for _, r := range b.requests {
		if strings.Contains(r, "example.com") || strings.Contains(r, "1415555") {
			t.Errorf("a value stands in a URL: %s", r)
		}
	}
	b.quiet(t, "status of 401")
}
