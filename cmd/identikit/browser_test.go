package main

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// browser is a page in a real browser, driven by the Chrome DevTools Protocol over a pipe. It is not safe for
// concurrent use.
type browser struct {
	to      *os.File
	from    *os.File
	answers *bufio.Reader
	calls   int
	loads   int // of pages
	session string

	requests   []string // all that the page has requested, as method and URL
	complaints []string // exceptions, and what the browser wrote to its console
}

// openBrowser starts the browser with an empty page. It ends with the test.
func openBrowser(t *testing.T) *browser {
	t.Helper()
	path, err := exec.LookPath(browserName())
	if err != nil {
		t.Fatalf("%v: .ci/install-browser installs one and prints its path for IDENTIKIT_BROWSER", err)
	}
	theirs, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	from, theirsToo, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	profile, err := os.MkdirTemp("", "identikit-browser-*") // helpers of the browser may write to it for a moment longer than the test
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "--headless", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
		"--hide-scrollbars", "--no-first-run", "--user-data-dir="+profile)
	cmd.ExtraFiles = []*os.File{theirs, theirsToo} // 3 and 4
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	theirs.Close()
	theirsToo.Close()
	b := &browser{to: to, from: from, answers: bufio.NewReader(from)}
	t.Cleanup(func() {
		to.Close() // the browser ends then
		kill := time.AfterFunc(10*time.Second, func() { cmd.Process.Kill() })
		cmd.Wait() // its exit code says nothing
		kill.Stop()
		from.Close()
		os.RemoveAll(profile) //nolint:errcheck // see above
	})
	var target struct{ TargetID, SessionID string }
	b.call(t, "Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	b.call(t, "Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &target)
	b.session = target.SessionID
	for _, domain := range []string{"Page", "Network", "Log", "Runtime"} {
		b.call(t, domain+".enable", nil, nil)
	}
	return b
}

func browserName() string {
	if name := os.Getenv("IDENTIKIT_BROWSER"); name != "" {
		return name
	}
	return "chromium"
}

// devToolsMessage is a call, an answer or an event.
type devToolsMessage struct {
	ID      int             `json:"id,omitempty"`
	Session string          `json:"sessionId,omitempty"`
	Method  string          `json:"method,omitempty"`
	Params  json.RawMessage `json:"params,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   json.RawMessage `json:"error,omitempty"`
}

// call calls a method, notes the events that come before its answer, and decodes the answer into result.
func (b *browser) call(t *testing.T, method string, params, result any) {
	t.Helper()
	b.calls++
	encoded, err := json.Marshal(params)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(devToolsMessage{ID: b.calls, Session: b.session, Method: method, Params: encoded})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.to.Write(append(text, 0)); err != nil {
		t.Fatal(err)
	}
	for {
		m, err := b.receive()
		if err != nil {
			t.Fatalf("%s: %v", method, err)
		}
		if m.ID != b.calls {
			continue
		}
		if m.Error != nil {
			t.Fatalf("%s: %s", method, m.Error)
		}
		if result != nil {
			if err := json.Unmarshal(m.Result, result); err != nil {
				t.Fatal(err)
			}
		}
		return
	}
}

// receive returns the next message. It notes events.
func (b *browser) receive() (m devToolsMessage, err error) {
	if err := b.from.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		return m, err
	}
	text, err := b.answers.ReadBytes(0)
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(text[:len(text)-1], &m); err != nil {
		return m, err
	}
	b.note(m)
	return m, nil
}

func (b *browser) note(m devToolsMessage) {
	switch m.Method {
	case "Network.requestWillBeSent":
		var sent struct{ Request struct{ Method, URL string } }
		json.Unmarshal(m.Params, &sent) //nolint:errcheck // the protocol has this form
		b.requests = append(b.requests, sent.Request.Method+" "+sent.Request.URL)
	case "Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled":
		b.complaints = append(b.complaints, string(m.Params))
	case "Page.loadEventFired":
		b.loads++
	}
}

// open loads a page completely.
func (b *browser) open(t *testing.T, url string) {
	t.Helper()
	loads := b.loads
	b.call(t, "Page.navigate", map[string]any{"url": url}, nil)
	for b.loads == loads {
		if _, err := b.receive(); err != nil {
			t.Fatal(err)
		}
	}
}

// evaluate runs a script in the page and decodes what it returns, or its promise, into result.
func (b *browser) evaluate(t *testing.T, script string, result any) {
	t.Helper()
	var returned struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails json.RawMessage
	}
	b.call(t, "Runtime.evaluate", map[string]any{"expression": script, "awaitPromise": true, "returnByValue": true}, &returned)
	if returned.ExceptionDetails != nil {
		t.Fatalf("%s: %s", script, returned.ExceptionDetails)
	}
	if result != nil {
		if err := json.Unmarshal(returned.Result.Value, result); err != nil {
			t.Fatal(err)
		}
	}
}

// look sets the width in pixels and the color scheme, and saves a screenshot of the first screen.
func (b *browser) look(t *testing.T, name string, width int, scheme string) {
	t.Helper()
	b.call(t, "Emulation.setDeviceMetricsOverride", map[string]any{
		"width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": width < 500,
	}, nil)
	b.call(t, "Emulation.setEmulatedMedia", map[string]any{
		"features": []map[string]string{{"name": "prefers-color-scheme", "value": scheme}},
	}, nil)
	var shot struct{ Data string }
	b.call(t, "Page.captureScreenshot", nil, &shot)
	image, err := base64.StdEncoding.DecodeString(shot.Data)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(t.ArtifactDir(), fmt.Sprintf("%s.png", name)), image, 0o600); err != nil {
		t.Fatal(err)
	}
}
