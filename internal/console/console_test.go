//go:build !no_console

package console_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/console"
)

func get(t *testing.T, h http.Handler, path string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, http.NoBody))
	return w
}

func open(t *testing.T) http.Handler {
	t.Helper()
	h, err := console.New()
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// Fails when a library differs from what it is said to be, or is there without its version and license.
func TestVendored(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("web/lib/vendored.json")
	if err != nil {
		t.Fatal(err)
	}
	var listed []struct{ File, Package, Version, License, SHA256 string }
	if err := json.Unmarshal(text, &listed); err != nil {
		t.Fatal(err)
	}
	licenses, err := os.ReadFile("web/lib/LICENSES.txt")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, l := range listed {
		names = append(names, l.File)
		content, err := os.ReadFile(filepath.Join("web/lib", l.File))
		if err != nil {
			t.Fatal(err)
		}
		if sum := sha256.Sum256(content); hex.EncodeToString(sum[:]) != l.SHA256 {
			t.Errorf("%s is not %s %s", l.File, l.Package, l.Version)
		}
		if l.Version == "" || l.License == "" || !strings.Contains(string(licenses), "== "+l.Package+"\n") {
			t.Errorf("%s has no version or license", l.File)
		}
	}
	found, err := filepath.Glob("web/lib/*.js")
	if err != nil {
		t.Fatal(err)
	}
	for i := range found {
		found[i] = filepath.Base(found[i])
	}
	slices.Sort(names)
	if diff := cmp.Diff(found, names); diff != "" {
		t.Errorf("(-in the folder +listed):\n%s", diff)
	}
}

// Fails when all files together have more than 150 kB after compression.
func TestSize(t *testing.T) {
	t.Parallel()
	var compressed bytes.Buffer
	for _, pattern := range []string{"web/*.*", "web/lib/*.js"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			w := gzip.NewWriter(&compressed)
			w.Write(content) //nolint:errcheck // it is in memory
			w.Close()
		}
	}
	if n := compressed.Len(); n < 5_000 || n > 150_000 {
		t.Errorf("%d bytes", n)
	}
}

// Fails when the page allows more than its own files, may be framed or cached, or when its files are not cached,
// are not found, or an old version of them is served as the new one.
func TestHeaders(t *testing.T) {
	t.Parallel()
	h := open(t)
	for _, path := range []string{"/console", "/console/", "/console/customers/17"} {
		w := get(t, h, path)
		policy := w.Header().Get("Content-Security-Policy")
		if w.Code != http.StatusOK || w.Header().Get("Cache-Control") != "no-cache" || !strings.HasPrefix(policy, "default-src 'none'; ") ||
			!strings.Contains(policy, "frame-ancestors 'none'") || strings.Contains(policy, "unsafe") || strings.Contains(policy, "*") {
			t.Errorf("%s: %d %v", path, w.Code, w.Header())
		}
	}
	page := get(t, h, "/console").Body.String()
	if strings.Contains(page, "<style") || regexp.MustCompile(`<script[^>]*>[^<]`).MatchString(page) || strings.Contains(page, "style=") {
		t.Errorf("there are inline scripts or styles: %s", page)
	}
	assets := regexp.MustCompile(`(?:src|href)="(/console/assets/[^"]+)"`).FindAllStringSubmatch(page, -1)
	if len(assets) < 6 {
		t.Fatalf("%q", assets)
	}
	for _, a := range assets {
		w := get(t, h, a[1])
		if w.Code != http.StatusOK || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") || w.Body.Len() == 0 {
			t.Errorf("%s: %d %v", a[1], w.Code, w.Header())
		}
		old := strings.Replace(a[1], "/assets/", "/assets/0", 1)
		if w := get(t, h, old); w.Code != http.StatusNotFound || w.Header().Get("Cache-Control") != "" {
			t.Errorf("%s: %d %v", old, w.Code, w.Header())
		}
	}
}
