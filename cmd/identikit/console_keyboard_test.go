package main

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// stop is an element that has the focus.
type stop struct {
	Name    string
	Where   string // graph, table, dialog or ""
	Pressed string
	Visible bool // it can be seen that it has the focus
}

func (b *tab) focus(t *testing.T) stop {
	t.Helper()
	return evaluate[stop](t, b, `(() => {
		const e = document.activeElement, style = getComputedStyle(e);
		return {
			Name: (e.ariaLabel || e.labels?.[0]?.textContent || e.textContent || "").trim(), Pressed: e.getAttribute("aria-pressed") ?? "",
			Where: e.closest("svg") ? "graph" : e.closest("table") ? "table" : e.closest("dialog") ? "dialog" : "",
			Visible: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
		};
	})()`)
}

// tabTo presses the tab key until an element has the focus. Each element on the way must have a name, and must show
// that it has the focus.
func (b *tab) tabTo(t *testing.T, where, name string) {
	t.Helper()
	var passed []string
	for range 120 {
		b.press(t, kb.Tab)
		at := b.focus(t)
		if evaluate[bool](t, b, "document.activeElement === document.body") {
			continue // from the last element to the first
		}
		if at.Name == "" || !at.Visible {
			t.Errorf("the focus is at %+v", at)
		}
		if at.Where == where && strings.Contains(at.Name, name) {
			return
		}
		passed = append(passed, at.Where+" "+at.Name)
	}
	t.Fatalf("%s %s is not among %q", where, name, passed)
}

// Fails when somebody without a mouse cannot find a customer, see why two values belong together, retract the link and
// undo that; when the focus is lost or cannot be seen; or when what happens is not read out.
func TestConsoleByKeyboardAlone(t *testing.T) {
	t.Parallel()
	p := serveConsole(t)
	p.wrongMerge(t)
	b := openTab(t, p.url)
	b.open(t, "/console")
	b.see(t, "API key")
	b.press(t, adminKey+"\r")
	b.wait(t, `() => document.activeElement.matches("main input[type=search]")`)
	b.press(t, "mcfly@hillvalley.edu\r")
	b.see(t, "4 e-mail addresses, 3 phone numbers")
	if !evaluate[bool](t, b, `document.activeElement.id === "main"`) {
		t.Errorf("after the search, the focus is at %+v", b.focus(t))
	}

	choose := func(where string) {
		t.Helper()
		for _, one := range []struct{ value, key string }{{"biff@hillvalley.edu", "\r"}, {"+14155550188", " "}} {
			b.tabTo(t, where, one.value)
			b.press(t, one.key)
			b.wait(t, `(where) => document.activeElement.closest(where) && document.activeElement.getAttribute("aria-pressed") === "true"`,
				map[string]string{"graph": "svg", "table": "table"}[where])
		}
		b.wait(t, `() => document.querySelector("[aria-live=polite]")?.textContent.includes("was seen with")`)
	}
	choose("graph")
	b.looks(t, "keyboard-focus")
	b.tabTo(t, "", "Choose others")
	b.press(t, "\r")
	b.see(t, "Choose two values, in the graph or in the table.")
	choose("table")

	b.tabTo(t, "", "That was wrong…")
	b.press(t, "\r")
	b.see(t, "After: 2 customers")
	b.press(t, kb.Escape)
	b.wait(t, `() => !document.querySelector("dialog") && document.activeElement.textContent.includes("That was wrong…")`)
	b.press(t, "\r")
	b.see(t, "After: 2 customers")
	if at := b.focus(t); at.Where != "dialog" || at.Name != "Why" {
		t.Errorf("in the dialog, the focus is at %+v", at)
	}
	b.press(t, "\r")
	b.wait(t, `() => document.querySelector("[role=status]")?.textContent.includes("The link was retracted.")`)
	b.see(t, "2 e-mail addresses, 2 phone numbers")
	b.wait(t, `() => document.activeElement !== document.body`) // the button that opened the dialog is gone
	b.press(t, "u")
	b.see(t, "4 e-mail addresses, 3 phone numbers")
	b.wait(t, `() => document.querySelector("[role=status]")?.textContent.includes("Undone.")`)

	b.tabTo(t, "", "Keyboard shortcuts")
	b.press(t, "\r")
	b.see(t, "show this list")
	b.press(t, kb.Escape)
	b.wait(t, `() => !document.querySelector("dialog") && document.activeElement.ariaLabel === "Keyboard shortcuts"`)
	b.quiet(t, "status of 401")
}
