package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/identikit/identikit/internal/mysqltest"
)

// violation is what axe-core found: a rule, and the elements that break it.
type violation struct {
	ID, Impact, Help string
	Nodes            []struct {
		Target         []any
		FailureSummary string
	}
}

func (v violation) String() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s (%s): %s", v.ID, v.Impact, v.Help)
	for _, n := range v.Nodes {
		fmt.Fprintf(&text, "\n  %v: %s", n.Target, strings.Join(strings.Fields(n.FailureSummary), " "))
	}
	return text.String()
}

// axeSource returns the script of axe-core.
func axeSource(t *testing.T) string {
	t.Helper()
	path := os.Getenv("IDENTIKIT_AXE")
	if path == "" {
		t.Fatal("axe-core is missing: .ci/install-axe installs it and prints its path for IDENTIKIT_AXE")
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v: .ci/install-axe installs axe-core and prints its path for IDENTIKIT_AXE", err)
	}
	return string(text)
}

// violations returns what axe-core finds in the page, which may forbid scripts from elsewhere.
func (b *tab) violations(t *testing.T) []violation {
	t.Helper()
	if !evaluate[bool](t, b, "Boolean(window.axe)") {
		b.do(t, func(ctx context.Context, target *chromedp.Target) (none chromedp.Void, err error) {
			_, err = chromedp.Evaluate[any](axeSource(t)+"; void 0")(ctx, target)
			return none, err
		})
	}
	// Without preload, it requests nothing.
	return evaluate[[]violation](t, b, `axe.run(document, {resultTypes: ["violations"], preload: false}).then((r) => r.violations)`)
}

// audit fails the test if the page, as it is shown now, keeps people with disabilities from using it.
func (b *tab) audit(t *testing.T, when string) {
	t.Helper()
	for _, v := range b.violations(t) {
		t.Errorf("%s: %s", when, v)
	}
}

// Fails when what axe-core would find is not found, so that the other tests prove nothing.
func TestAuditFindsViolations(t *testing.T) {
	t.Parallel()
	b := openTab(t, "about:blank")
	b.open(t, "")
	evaluate[any](t, b, `document.body.innerHTML = "<main><h1>A page</h1><button></button><p style='color: #aaa'>pale</p></main>"`)
	found := map[string]string{}
	for _, v := range b.violations(t) {
		found[v.ID] = v.Impact
	}
	if found["button-name"] != "critical" || found["color-contrast"] != "serious" {
		t.Errorf("it finds %v", found)
	}
}

// Fails when /docs, with one operation or with all of them open, or a page of a problem keeps people with
// disabilities from using it.
func TestReferenceIsAccessible(t *testing.T) {
	t.Parallel()
	p := serve(t, databaseURL(mysqltest.NewDB(t)))
	b := openTab(t, p.url)
	b.open(t, "/problems")
	b.looks(t, "problems")
	b.open(t, "/problems/value-blocked")
	b.looks(t, "problem")
	b.open(t, "/docs")
	b.looks(t, "docs")
	b.submit(t, "identify", nil)
	evaluate[any](t, b, "document.querySelectorAll('details').forEach((d) => { d.open = true; })")
	b.audit(t, "all operations")
}
