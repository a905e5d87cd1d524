package main

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/identikit/identikit/internal/mysqltest"
)

// browse sends a request as the browser that has the cookie; without a cookie, it sends the key.
func (p *program) browse(t *testing.T, method, path string, cookie *http.Cookie, key string) reply {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, p.url+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if cookie != nil {
		r.AddCookie(cookie)
	} else {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	answer, err := do(r)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// signIn starts a session with a key.
func (p *program) signIn(t *testing.T, key string) *http.Cookie {
	t.Helper()
	r := p.browse(t, http.MethodPost, "/session", nil, key)
	sent := (&http.Response{Header: r.header}).Cookies()
	if r.status != http.StatusOK || len(sent) != 1 || r.header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %s %v", r.status, r.body, r.header)
	}
	c := sent[0]
	if !strings.HasPrefix(c.Name, "__Host-") || !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteStrictMode ||
		c.Path != "/" || c.Domain != "" || c.MaxAge != 12*60*60 || strings.Contains(c.Value, key) {
		t.Errorf("%+v", c)
	}
	return c
}

// Fails when a session may do more or less than its key, works in one process only, outlives its key or its
// end, or when its token is stored.
func TestSession(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	p := serve(t, databaseURL(db), "AUTH=required", "ADMIN_KEY="+adminKey)
	other := serve(t, databaseURL(db), "AUTH=required")
	p.accepted(t, adminKey, http.StatusNotFound)
	_, key := p.newKey(t, adminKey, `{"name":"support","scopes":["contacts:read"]}`)
	p.accepted(t, key, http.StatusNotFound)
	other.accepted(t, key, http.StatusNotFound)
	first, second := p.signIn(t, key), p.signIn(t, key)
	for _, one := range []*program{p, other} {
		r := one.browse(t, http.MethodGet, "/session", first, "")
		if r.status != http.StatusOK || !strings.Contains(r.body, `"scopes":["contacts:read"],"expiresAt":"`) {
			t.Errorf("%d %s", r.status, r.body)
		}
		if r := one.browse(t, http.MethodGet, "/contacts/999", first, ""); r.status != http.StatusNotFound {
			t.Errorf("%d %s", r.status, r.body)
		}
		if r := one.browse(t, http.MethodGet, "/keys", first, ""); r.status != http.StatusForbidden {
			t.Errorf("%d %s", r.status, r.body)
		}
	}
	var stored int
	err := db.Pool.QueryRowContext(context.WithoutCancel(t.Context()),
		"SELECT COUNT(*) FROM sessions WHERE digest = ? OR HEX(digest) = HEX(?)", first.Value, first.Value).Scan(&stored)
	if err != nil || stored != 0 {
		t.Errorf("%d tokens are stored, %v", stored, err)
	}

	if r := p.browse(t, http.MethodDelete, "/session", first, ""); r.status != http.StatusNoContent || !strings.Contains(r.header.Get("Set-Cookie"), "Max-Age=0") {
		t.Errorf("%d %v", r.status, r.header)
	}
	ended := func(one *program, cookie *http.Cookie) {
		t.Helper()
		eventually(t, "the session has ended", func() error {
			r := one.browse(t, http.MethodGet, "/contacts/999", cookie, "")
			if r.status != http.StatusUnauthorized {
				return errors.New(r.body)
			}
			return nil
		})
	}
	ended(p, first)
	ended(other, first)
	if r := other.browse(t, http.MethodGet, "/session", second, ""); r.status != http.StatusOK {
		t.Errorf("the end of one session ended another: %d %s", r.status, r.body)
	}
	if r := p.as(t, adminKey, http.MethodPost, "/keys/2/revoke", `{"reason":"a test"}`); r.status != http.StatusOK {
		t.Fatalf("%d %s", r.status, r.body)
	}
	ended(p, second)
	ended(other, second)
	made := &http.Cookie{Name: first.Name, Value: "AAAAAAAAAAAAAAAAAAAAAAAAAA"}
	ended(p, made)
	if strings.Contains(p.output()+other.output(), first.Value) {
		t.Error("a token was logged")
	}
}

// Fails when a page of another origin can use the session of a browser that lets it.
func TestSessionOfForeignPage(t *testing.T) {
	t.Parallel()
	p := serve(t, databaseURL(mysqltest.NewDB(t)), "AUTH=required", "ADMIN_KEY="+adminKey)
	p.accepted(t, adminKey, http.StatusNotFound)
	cookie := p.signIn(t, adminKey)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, p.url+"/contacts/1", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.AddCookie(cookie)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	answer, err := do(r)
	if err != nil || answer.status != http.StatusForbidden {
		t.Errorf("%d %s %v", answer.status, answer.body, err)
	}
}
