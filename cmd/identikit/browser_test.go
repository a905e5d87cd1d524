package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// tab is a page in a real browser. What it requests and complains about is recorded.
type tab struct {
	ctx context.Context //nolint:containedctx // chromedp keeps the tab in it
	url string

	mu         sync.Mutex
	requests   []string
	complaints []string
}

// openTab opens an empty page in a browser of its own, which ends with the test.
func openTab(t *testing.T, url string) *tab {
	t.Helper()
	path, err := exec.LookPath(browserName())
	if err != nil {
		t.Fatalf("%v: .ci/install-browser installs one and prints its path for IDENTIKIT_BROWSER", err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.WindowSize(1280, 900), chromedp.WSURLReadTimeout(time.Minute))
	allocator, cancel := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), options...)
	t.Cleanup(cancel)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 10*time.Minute)
	t.Cleanup(cancel)
	b := &tab{ctx: ctx, url: url}
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Listen(ctx, b.note); err != nil {
		t.Fatal(err)
	}
	return b
}

func browserName() string {
	if name := os.Getenv("IDENTIKIT_BROWSER"); name != "" {
		return name
	}
	return "chromium"
}

func (b *tab) note(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		b.requests = append(b.requests, e.Request.Method+" "+e.Request.URL)
	case *log.EventEntryAdded:
		b.complaints = append(b.complaints, e.Entry.Text)
	case *runtime.EventExceptionThrown:
		b.complaints = append(b.complaints, fmt.Sprint(e.ExceptionDetails.Text, " ", e.ExceptionDetails.Exception))
	}
}

func (b *tab) do(t *testing.T, actions ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		text, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string]("document.body.innerText")) // the tab may be gone
		b.look(t, "failure", 1280, "light")
		t.Fatalf("%v; the page shows:\n%s\ncomplaints: %q", err, text, b.complaints)
	}
}

func (b *tab) open(t *testing.T, path string) {
	t.Helper()
	b.do(t, chromedp.Navigate(b.url+path))
}

// see waits until the page shows a text.
func (b *tab) see(t *testing.T, text string) {
	t.Helper()
	b.wait(t, `(text) => document.body.innerText.includes(text)`, text)
}

// wait waits until a function of the page returns true.
func (b *tab) wait(t *testing.T, function string, args ...any) {
	t.Helper()
	poll := chromedp.PollFunction[bool](function, chromedp.WithPollingArgs(args...), chromedp.WithPollingTimeout(time.Minute))
	b.do(t, func(ctx context.Context, target *chromedp.Target) (none chromedp.Void, err error) {
		_, err = poll(ctx, target)
		if err != nil {
			err = fmt.Errorf("%v: %w", args, err)
		}
		return none, err
	})
}

// click clicks the first button that has a text, or the description, in an open dialog if there is one.
func (b *tab) click(t *testing.T, text string) {
	t.Helper()
	b.wait(t, `(text) => {
		const scope = document.querySelector("dialog[open]") ?? document;
		const found = [...scope.querySelectorAll("button, a, label, [role=button]")].find((e) => !e.disabled && e.ariaDisabled !== "true" && e.checkVisibility() &&
			(e.textContent.includes(text) || e.ariaLabel === text));
		if (found?.click) found.click(); else found?.dispatchEvent(new MouseEvent("click", {bubbles: true}));
		return Boolean(found);
	}`, text)
}

func (b *tab) press(t *testing.T, keys string) {
	t.Helper()
	b.do(t, chromedp.KeyEvent(keys))
}

// look saves a screenshot for the given width in pixels and color scheme.
func (b *tab) look(t *testing.T, name string, width int64, scheme string) {
	t.Helper()
	prefer := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}
	err := chromedp.Do(b.ctx, chromedp.EmulateViewport(width, 900), func(ctx context.Context, target *chromedp.Target) (none chromedp.Void, err error) {
		_, err = cdp.Call(ctx, target, emulation.SetEmulatedMedia, prefer)
		return none, err
	})
	image, failed := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err = errors.Join(err, failed); err == nil {
		err = os.WriteFile(filepath.Join(t.ArtifactDir(), name+".png"), image, 0o600)
	}
	if err != nil {
		t.Error(err)
	}
}

// looks saves screenshots of the page in light, dark and narrow, and audits each.
func (b *tab) looks(t *testing.T, name string) {
	t.Helper()
	for _, v := range []struct {
		name, scheme string
		width        int64
	}{{name + "-dark", "dark", 1280}, {name + "-narrow", "light", 360}, {name + "-narrow-dark", "dark", 360}, {name, "light", 1280}} {
		b.look(t, v.name, v.width, v.scheme)
		b.audit(t, v.name)
	}
}

// quiet fails the test if the page requested something of another origin or the browser complained.
func (b *tab) quiet(t *testing.T, allowed ...string) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, r := range b.requests {
		_, url, _ := strings.Cut(r, " ")
		if !strings.HasPrefix(url, b.url) && !strings.HasPrefix(url, "data:") {
			t.Errorf("the page requests %s", r)
		}
	}
complaints:
	for _, c := range b.complaints {
		for _, a := range allowed {
			if strings.Contains(c, a) {
				continue complaints
			}
		}
		t.Errorf("the browser complains: %s", c)
	}
}

// evaluate runs a script in the page and returns what it returns, or its promise.
func evaluate[T any](t *testing.T, b *tab, script string) T {
	t.Helper()
	result, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("%s: %v", script, err)
	}
	return result
}

// scripts turns the scripts of the page on or off.
func (b *tab) scripts(t *testing.T, on bool) {
	t.Helper()
	b.do(t, func(ctx context.Context, target *chromedp.Target) (none chromedp.Void, err error) {
		_, err = cdp.Call(ctx, target, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
		return none, err
	})
}
