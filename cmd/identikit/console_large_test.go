package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// measured is the work that a page did to show a graph.
type measured struct {
	Layouts, Draws, Ticks, Nodes, Edges int
	LayoutMS, DrawMS                    float64
	Elements                            int // of the drawing
}

func (b *tab) measured(t *testing.T) measured {
	t.Helper()
	return evaluate[measured](t, b, `(() => {
		const layouts = performance.getEntriesByName("layout"), draws = performance.getEntriesByName("draw");
		const sum = (entries) => entries.reduce((total, e) => total + e.duration, 0);
		return {Layouts: layouts.length, Draws: draws.length, ...layouts.at(-1).detail, LayoutMS: sum(layouts), DrawMS: sum(draws),
			Elements: document.querySelectorAll(".graph svg *").length};
	})()`)
}

// Fails when a customer of 1,000 values is laid out more than once or with more steps than were chosen, or when the
// page has so many elements that it cannot be used. How long it takes is logged and kept as an artefact: see
// docs/console.md.
func TestConsoleLargeCustomer(t *testing.T) {
	t.Parallel()
	p := serveConsole(t)
	for i := range 500 { // a chain: it has no leaves to collapse
		p.seen(t, fmt.Sprintf("c%03d@example.com", i), fmt.Sprintf("+1415555%04d", i))
		if i > 0 {
			p.seen(t, fmt.Sprintf("c%03d@example.com", i), fmt.Sprintf("+1415555%04d", i-1))
		}
	}
	b := openTab(t, p.url)
	b.signInTo(t, adminKey)
	start := time.Now()
	b.find(t, "c000@example.com")
	b.see(t, "500 e-mail addresses, 500 phone numbers")
	b.wait(t, `() => document.querySelectorAll(".graph .node").length === 1000`)
	took := time.Since(start)
	m := b.measured(t)
	if m.Layouts != 1 || m.Nodes != 1000 || m.Edges != 999 || m.Ticks > 50 || m.Elements > 6000 {
		t.Errorf("%+v", m)
	}
	text := fmt.Sprintf("1,000 values: shown %v after the search; layout %.0f ms (%d steps), drawing %.0f ms (%d elements)",
		took.Round(time.Millisecond), m.LayoutMS, m.Ticks, m.DrawMS, m.Elements)
	t.Log(text)
	if err := os.WriteFile(filepath.Join(t.ArtifactDir(), "customer-large.txt"), []byte(text+"\n"), 0o600); err != nil {
		t.Error(err)
	}

	b.look(t, "customer-large-dark", 1280, "dark")
	b.look(t, "customer-large-narrow", 360, "light")
	b.look(t, "customer-large", 1280, "light")
	if rows := evaluate[int](t, b, `document.querySelectorAll("table")[0].rows.length`); rows != 51 {
		t.Errorf("the table has %d rows at first", rows)
	}
	evaluate[any](t, b, `document.querySelectorAll(".graph .node")[0].dispatchEvent(new MouseEvent("click", {bubbles: true}))`)
	b.click(t, "+14155550003")
	b.see(t, "was seen with")
	if m := b.measured(t); m.Layouts != 1 {
		t.Errorf("a choice moves the nodes: %+v", m)
	}
	b.click(t, "Show all 1000 values")
	b.wait(t, `() => document.querySelectorAll("table")[0].rows.length === 1001`)
	b.audit(t, "customer-large")
	b.quiet(t, "status of 401")
}

// Fails when a graph of more than 200 values is not made readable, says less than there is, or does not show what was
// left out.
func TestConsoleCollapsesLeaves(t *testing.T) {
	t.Parallel()
	p := serveConsole(t)
	var batch []string
	add := func(n int, name, phone string) {
		for i := range n {
			batch = append(batch, fmt.Sprintf(`{"email":"%s%03d@example.com","phoneNumber":%q}`, name, i, phone))
		}
	}
	add(180, "a", "+14155550001")
	add(40, "b", "+14155550002")
	batch = append(batch, `{"email":"a000@example.com","phoneNumber":"+14155550002"}`)
	p.decide(t, http.MethodPost, "/identify/batch", "["+strings.Join(batch, ",")+"]")
	b := openTab(t, p.url)
	b.signInTo(t, adminKey)
	b.find(t, "+14155550001")
	b.see(t, "220 e-mail addresses, 2 phone numbers")
	nodes := func(want string) {
		t.Helper()
		b.wait(t, `(want) => {
			const more = [...document.querySelectorAll(".graph .node.more")].map((e) => e.querySelector(".count").textContent).sort();
			return [document.querySelectorAll(".graph .node").length, ...more].join() === want;
		}`, want)
	}
	nodes("5,+179,+40") // two phone numbers, the value that joins them, and what is left out of each
	b.looks(t, "customer-collapsed")
	b.click(t, "Show 40 more values")
	nodes("44,+179")
	b.click(t, "Show 179 more values")
	nodes("222")
	b.looks(t, "customer-opened")
	b.quiet(t, "status of 401")
}
