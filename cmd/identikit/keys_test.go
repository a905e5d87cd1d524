package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/mysqltest"
)

const adminKey = "the-key-of-the-setting-has-32-bytes"

// as sends a request with a key, "" for none.
func (p *program) as(t *testing.T, key, method, path, body string) reply {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, p.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	answer, err := do(r)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// accepted waits until a key gets the status.
func (p *program) accepted(t *testing.T, key string, status int) {
	t.Helper()
	eventually(t, fmt.Sprintf("the key gets %d", status), func() error {
		if r := p.as(t, key, http.MethodGet, "/contacts/999", ""); r.status != status {
			return errors.New(r.body)
		}
		return nil
	})
}

// newKey makes a key over HTTP.
func (p *program) newKey(t *testing.T, by, body string) (id int, key string) {
	t.Helper()
	r := p.as(t, by, http.MethodPost, "/keys", body)
	var made struct {
		ID  int
		Key string
	}
	if err := json.Unmarshal([]byte(r.body), &made); err != nil || r.status != http.StatusCreated || r.header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %s %v", r.status, r.body, err)
	}
	return made.ID, made.Key
}

// Fails when an operation is open to requests without a key, or to a key without its scope; when it is closed
// to one that has it; and when the refusal does not say what is missing.
func TestScopes(t *testing.T) {
	t.Parallel()
	p := serve(t, databaseURL(mysqltest.NewDB(t)), "AUTH=required", "ADMIN_KEY="+adminKey)
	p.accepted(t, adminKey, http.StatusNotFound)
	var document struct {
		Paths map[string]map[string]struct {
			Security []map[string][]string
		}
	}
	status, text := p.get(t, "/openapi.json")
	if err := json.Unmarshal([]byte(text), &document); err != nil || status != http.StatusOK {
		t.Fatal(err, status)
	}
	keys := map[string]string{}
	for _, scope := range []string{"identify", "contacts:read", "decisions:write", "erase", "events:read", "keys:write", "all"} {
		_, keys[scope] = p.newKey(t, adminKey, fmt.Sprintf(`{"name":"test","scopes":[%q]}`, scope))
		p.accepted(t, keys[scope], map[bool]int{true: http.StatusNotFound, false: http.StatusForbidden}[scope == "contacts:read" || scope == "all"])
	}
	tried := 0
	for path, operations := range document.Paths {
		for method, o := range operations {
			method, path := strings.ToUpper(method), strings.Replace(path, "{id}", "999", 1)
			for _, security := range o.Security {
				r := p.as(t, "", method, path, "")
				if r.status != http.StatusUnauthorized || !strings.HasPrefix(r.header.Get("WWW-Authenticate"), "Bearer") {
					t.Errorf("%s %s without a key: %d %s", method, path, r.status, r.body)
				}
				for scope, key := range keys {
					tried++
					r := p.as(t, key, method, path, "")
					refused := r.status == http.StatusForbidden || r.status == http.StatusUnauthorized
					if allowed := scope == "all" || scope == security["key"][0]; refused == allowed {
						t.Errorf("%s %s with %s: %d %s", method, path, scope, r.status, r.body)
					}
					if refused && method != http.MethodHead && !strings.Contains(r.body, "scope "+security["key"][0]) {
						t.Errorf("%s %s does not say which scope it needs: %s", method, path, r.body)
					}
				}
			}
		}
	}
	if tried < 200 {
		t.Errorf("only %d requests", tried)
	}
	for _, path := range []string{"/", "/healthz", "/readyz"} {
		if status, body := p.get(t, path); status != http.StatusOK {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	for _, key := range keys {
		if strings.Contains(p.output(), key[len(key)-20:]) {
			t.Error("a key was logged")
		}
	}
}

// Fails when a key is not accepted or not refused by another process within a second, for which eventually
// would wait too.
func TestKeysInTwoProcesses(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	one := serve(t, databaseURL(db), "AUTH=required")
	eventually(t, "the first answer says how to make a key", func() error {
		r := one.as(t, "", http.MethodGet, "/contacts/999", "")
		if r.status != http.StatusUnauthorized || !strings.Contains(r.body, "identikit keys create") {
			return errors.New(r.body)
		}
		return nil
	})
	code, stdout, stderr := execute(t, []string{databaseURL(db)}, "keys", "create", "--name", "first", "--scopes", "all")
	first := strings.TrimSpace(stdout)
	if code != exitOK || !strings.HasPrefix(first, "idk_") || !strings.Contains(stderr, "Key 1 (first) may: all") {
		t.Fatalf("%d %s %s", code, stdout, stderr)
	}
	other := serve(t, databaseURL(db), "AUTH=required")
	one.accepted(t, first, http.StatusNotFound)
	other.accepted(t, first, http.StatusNotFound)
	id, second := one.newKey(t, first, `{"name":"second","scopes":["contacts:read"]}`)
	other.accepted(t, second, http.StatusNotFound)
	r := one.as(t, first, http.MethodPost, fmt.Sprintf("/keys/%d/rotate", id), `{}`)
	if r.status != http.StatusCreated {
		t.Fatal(r.body)
	}
	other.accepted(t, second, http.StatusUnauthorized) // there was no overlap
	if r := one.as(t, first, http.MethodPost, "/keys/1/revoke", `{"reason":"seen in a log"}`); r.status != http.StatusOK {
		t.Fatal(r.body)
	}
	one.accepted(t, first, http.StatusUnauthorized)
	other.accepted(t, first, http.StatusUnauthorized)
	if r := other.as(t, first, http.MethodGet, "/contacts/999", ""); !strings.Contains(r.header.Get("WWW-Authenticate"), "invalid_token") {
		t.Errorf("%v", r.header)
	}
	if code, stdout, stderr := execute(t, []string{databaseURL(db)}, "keys", "list"); code != exitOK ||
		!strings.Contains(stdout, "revoked 20") || strings.Count(stdout, "\n") != 4 {
		t.Errorf("%d %s %s", code, stdout, stderr)
	}
}

// Fails when a wrong key is accepted where none is needed, or when nobody but this machine can reach a service
// that needs none, without being told to.
func TestOpen(t *testing.T) {
	t.Parallel()
	p := serve(t, databaseURL(mysqltest.NewDB(t)))
	p.mustIdentify(t, pair(1))
	p.accepted(t, "idk_wrong_key", http.StatusUnauthorized)
	for _, header := range []string{"Basic YTpi", "Bearer", "idk_a_b"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+"/contacts/1", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", header)
		if answer, err := do(r); err != nil || answer.status != http.StatusUnauthorized {
			t.Errorf("%s: %d %s %v", header, answer.status, answer.body, err)
		}
	}
	for want, env := range map[string][]string{
		"127.0.0.1:3000": {"HOME=/tmp"}, ":3000": {"HOME=/tmp", "AUTH=required"}, "0.0.0.0:3000": {"HOME=/tmp", "HOST=0.0.0.0"},
	} {
		c, err := app{environ: env}.loadConfig()
		if err != nil || c.listen != want || c.keysRequired != (want == ":3000") {
			t.Errorf("%v: %s, keys %v, %v", env, c.listen, c.keysRequired, err)
		}
	}
	c, err := app{environ: []string{"APP_ENV=production", "DATABASE_URL=mysql://a@b/c"}}.loadConfig()
	if err != nil || !c.keysRequired || c.listen != ":3000" {
		t.Errorf("in production: %+v %v", c, err)
	}
}

// Fails when a mistake is accepted, or its answer does not say what would be right.
func TestKeyMistakes(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	p := serve(t, databaseURL(db))
	for _, c := range []struct{ path, body, part string }{
		{"/keys", `{"scopes":["identify"]}`, "name must say who uses the key"},
		{"/keys", `{"name":"` + strings.Repeat("n", 101) + `","scopes":["identify"]}`, "1 to 100 characters"},
		{"/keys", `{"name":"two\nlines","scopes":["identify"]}`, "on one line"},
		{"/keys", `{"name":"a"}`, "one or more of identify, contacts:read"},
		{"/keys", `{"name":"a","scopes":["write"]}`, "one or more of identify, contacts:read"},
		{"/keys", `{"name":"a","scopes":"identify"}`, "scopes must be"},
		{"/keys", `{"name":"a","scopes":["all"],"expiresAt":"2001-01-01T00:00:00Z"}`, "a time in the future"},
		{"/keys", `{"name":"a","scopes":["all"],"expires":"2040-01-01T00:00:00Z"}`, "takes only burst, expiresAt, name, requestsPerSecond and scopes"},
		{"/keys/7/rotate", `{"overlapSeconds":7776001}`, "from 0 to 7776000"},
		{"/keys/7/rotate", `{"overlapSeconds":"1h"}`, "overlapSeconds must be a whole number"},
		{"/keys/x/revoke", `{}`, "The id in the path"},
	} {
		if r := p.as(t, "", http.MethodPost, c.path, c.body); r.status != http.StatusBadRequest || !strings.Contains(r.body, c.part) {
			t.Errorf("%s %s: %d %s", c.path, c.body, r.status, r.body)
		}
	}
	for args, part := range map[string]string{
		"keys":                             "keys needs create, list, rotate or revoke",
		"keys make":                        `has no action "make"`,
		"keys create --scopes all":         "needs --name",
		"keys create --name a":             "--scopes: at least one scope is needed; there are identify",
		"keys create --name a --scopes al": `"al" is not a scope`,
		"keys create a":                    `unexpected argument "a"`,
		"keys create --name a --scopes all --expires-in 3d": "it must be a time such as 720h",
		"keys rotate":                 "needs the id of one key",
		"keys rotate checkout":        "is not the id of a key",
		"keys rotate 1 --overlap -1h": "it must be a time such as 24h",
		"keys revoke 1 2":             "needs the id of one key",
	} {
		if code, stdout, stderr := execute(t, []string{databaseURL(db)}, strings.Fields(args)...); code != exitUsage || stdout != "" || !strings.Contains(stderr, part) {
			t.Errorf("%s: %d %s %s", args, code, stdout, stderr)
		}
	}
	if code, _, stderr := execute(t, []string{databaseURL(db)}, "keys", "revoke", "7"); code != exitFailure || !strings.Contains(stderr, "There is no key 7.") {
		t.Errorf("%d %s", code, stderr)
	}
}

// Fails when it cannot be seen which key decided something, or a key is named for what was only observed.
func TestWhoDecided(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	p := serve(t, databaseURL(db), "AUTH=required", "ADMIN_KEY="+adminKey)
	p.accepted(t, adminKey, http.StatusNotFound)
	id, key := p.newKey(t, adminKey, `{"name":"support","scopes":["all"]}`)
	p.accepted(t, key, http.StatusNotFound)
	do := func(method, path, body string) string {
		t.Helper()
		r := p.as(t, key, method, path, body)
		if r.status != http.StatusOK {
			t.Fatalf("%s %s: %d %s", method, path, r.status, r.body)
		}
		return r.body
	}
	for _, body := range []string{pair(1), pair(2), fmt.Sprintf(`{"email":%q,"phoneNumber":%q}`, email(2), phone(1))} {
		do(http.MethodPost, "/identify", body)
	}
	do(http.MethodPost, "/observations/3/retract", "")
	do(http.MethodPost, "/identify", fmt.Sprintf(`{"email":%q,"phoneNumber":%q}`, email(2), phone(1))) // refused
	do(http.MethodPost, "/refusals/1/dismiss", "")
	var dismissed int
	if err := db.Pool.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM refusals WHERE key_id = ?", id).Scan(&dismissed); err != nil || dismissed != 1 {
		t.Errorf("%d refusals closed by the key, %v", dismissed, err)
	}
	do(http.MethodPost, "/observations/3/restore", "")
	do(http.MethodPost, "/observations/3/retract", "")
	do(http.MethodPut, "/separations", `{"contactId":1,"otherContactId":2,"reason":"two people"}`)
	do(http.MethodPost, "/blocked", fmt.Sprintf(`{"kind":"email","value":%q,"reason":"nobody"}`, email(9)))
	by := fmt.Sprintf(`"keyId":%d`, id)
	for range 2 { // the second answer is the stored receipt
		if body := do(http.MethodDelete, "/contacts/2", ""); !strings.Contains(body, by) {
			t.Errorf("the receipt does not name the key: %s", body)
		}
	}
	for path, want := range map[string]int{"/separations": 0, "/blocked": 1} { // the erasure ended the separation
		if body := do(http.MethodGet, path, ""); strings.Count(body, by) != want {
			t.Errorf("%s: want the key %d times in %s", path, want, body)
		}
	}
	keysOf := func(path string) map[string][]int {
		var page struct {
			Events []struct {
				Kind  string
				KeyID int
			}
		}
		if err := json.Unmarshal([]byte(do(http.MethodGet, path, "")), &page); err != nil {
			t.Fatal(err)
		}
		keys := map[string][]int{}
		for _, e := range page.Events {
			if !slices.Contains(keys[e.Kind], e.KeyID) {
				keys[e.Kind] = append(keys[e.Kind], e.KeyID)
			}
		}
		return keys
	}
	// The first merge was observed, the second one is the restoration.
	none, decided, both := []int{0}, []int{id}, []int{0, id}
	history := map[string][]int{
		"created": none, "merged": both, "refused": none, "retracted": decided, "restored": decided, "split": decided,
		"separated": decided,
	}
	if diff := cmp.Diff(history, keysOf("/contacts/1/history")); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
	history["created"], history["blocked"], history["erased"] = both, decided, decided // the blocked value was not known
	if diff := cmp.Diff(history, keysOf("/events")); diff != "" {
		t.Errorf("feed (-want +got):\n%s", diff)
	}
}
