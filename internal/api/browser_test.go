package api_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/identikit/identikit/internal/api"
	"github.com/identikit/identikit/internal/linker/linkertest"
)

const identifyBody = `{"email":"lorraine@hillvalley.edu"}`

// browsing returns the service with settings for browsers.
func browsing(t *testing.T, b api.Browsers) http.Handler {
	t.Helper()
	o, _ := options(t, linkertest.NewReference(1))
	o.Browsers = b
	return api.NewChecked(t, o)
}

// page sends a request as a browser does for a page: its headers are pairs of name and value.
func page(h http.Handler, method, path, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	for i := 0; i < len(headers); i += 2 {
		if r.Header.Set(headers[i], headers[i+1]); headers[i] == "Host" {
			r.Host = headers[i+1]
		}
	}
	return do(h, r)
}

// Fails when a web page of another origin can link, and so tell the service what it wants, or when programs or
// the service's own pages cannot.
func TestPagesOfOtherOrigins(t *testing.T) {
	t.Parallel()
	h := browsing(t, api.Browsers{Origins: []string{"https://shop.example"}})
	for _, c := range []struct {
		status  int
		headers []string
	}{
		{http.StatusOK, nil},
		{http.StatusOK, []string{"Sec-Fetch-Site", "same-origin"}},
		{http.StatusOK, []string{"Origin", "http://example.com"}}, // the host of httptest
		{http.StatusOK, []string{"Origin", "https://shop.example", "Sec-Fetch-Site", "cross-site"}},
		{http.StatusForbidden, []string{"Sec-Fetch-Site", "cross-site"}},
		{http.StatusForbidden, []string{"Sec-Fetch-Site", "same-site"}},
		{http.StatusForbidden, []string{"Origin", "https://evil.example"}},
		{http.StatusForbidden, []string{"Origin", "null"}},
		{http.StatusUnsupportedMediaType, []string{"Content-Type", "text/plain"}},
	} {
		if w := page(h, http.MethodPost, "/identify", identifyBody, c.headers...); w.Code != c.status {
			t.Errorf("%v: got %d %s, want %d", c.headers, w.Code, w.Body, c.status)
		}
	}
}

// Fails when a page can read an answer although its origin is not listed, or cannot although it is.
func TestCORS(t *testing.T) {
	t.Parallel()
	preflight := []string{
		"Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization,content-type,identikit-position",
	}
	for _, c := range []struct {
		origins []string
		origin  string
		allowed bool
	}{
		{nil, "https://shop.example", false},
		{[]string{"https://shop.example"}, "https://shop.example", true},
		{[]string{"https://shop.example"}, "https://evil.example", false},
		{[]string{"https://shop.example"}, "http://shop.example", false},
	} {
		h := browsing(t, api.Browsers{Origins: c.origins})
		w := page(h, http.MethodOptions, "/identify", "", append(preflight, "Origin", c.origin)...)
		if got := w.Header().Get("Access-Control-Allow-Origin"); (got == c.origin) != c.allowed || got == "*" {
			t.Errorf("%v, preflight from %s: %d %v", c.origins, c.origin, w.Code, w.Header())
		}
		if c.allowed && !strings.Contains(w.Header().Get("Access-Control-Allow-Headers"), "Identikit-Position") {
			t.Errorf("%v", w.Header())
		}
		w = page(h, http.MethodGet, "/healthz", "", "Origin", c.origin)
		if got := w.Header().Get("Access-Control-Allow-Origin"); (got == c.origin) != c.allowed || w.Header().Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%v, GET from %s: %v", c.origins, c.origin, w.Header())
		}
	}
}

// Fails when a page whose name points to this machine is answered, or a health check by address is not.
func TestForeignHost(t *testing.T) {
	t.Parallel()
	h := browsing(t, api.Browsers{Hosts: []string{"localhost", "::1", "identikit.example"}})
	for host, status := range map[string]int{
		"localhost:3000": http.StatusOK, "localhost": http.StatusOK, "[::1]:3000": http.StatusOK, "[::1]": http.StatusOK,
		"Identikit.example": http.StatusOK, "evil.example": http.StatusMisdirectedRequest, "evil.example:3000": http.StatusMisdirectedRequest,
		"localhost.evil.example": http.StatusMisdirectedRequest, "": http.StatusMisdirectedRequest,
	} {
		if w := page(h, http.MethodPost, "/identify", identifyBody, "Host", host); w.Code != status {
			t.Errorf("%q: got %d %s, want %d", host, w.Code, w.Body, status)
		}
		if w := page(h, http.MethodGet, "/healthz", "", "Host", host); w.Code != http.StatusOK {
			t.Errorf("health at %q: got %d", host, w.Code)
		}
	}
	if w := page(browsing(t, api.Browsers{}), http.MethodPost, "/identify", identifyBody, "Host", "any.example"); w.Code != http.StatusOK {
		t.Errorf("without a list: %d %s", w.Code, w.Body)
	}
}
