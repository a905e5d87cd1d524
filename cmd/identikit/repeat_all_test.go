package main

import (
	"cmp"
	"encoding/json"
	"net/http"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/api"
	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/mysqltest"
)

// Fails when repeating a POST changes something, or is answered otherwise than the first time, and when
// nobody has decided about a new one. Those that are safe to repeat ignore an Idempotency-Key, the others need one.
func TestEveryPostCanBeRepeated(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	p := serve(t, databaseURL(db), "AUTH=required", "ADMIN_KEY="+adminKey, "ERASURE_KEY="+linkertest.ErasureKey)
	key := p.furnish(t)
	p.as(t, key, http.MethodPost, "/observations/1/retract", "")
	p.as(t, key, http.MethodPost, "/identify", `{"email":"b@example.com","phoneNumber":"4155550101"}`) // retracted, and queued
	stored := func() []string {
		tx := linkertest.Begin(t, db.Pool)
		linkertest.Exec(t, tx, "UPDATE api_key_version SET version = 1") // reading the keys once more is harmless
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		return dumpWithoutUse(t, db, "sessions", "survey") // one more session or survey is harmless
	}
	// Another survey is started if the first one has ended; TestOneSurveyAtATime repeats it while it runs.
	tried := map[string]bool{"/survey": true}
	for _, c := range []struct{ route, path, body string }{
		{"/identify", "", `{"email":"new@example.com","phoneNumber":"4155550106"}`},
		{"/identify", "", `{"email":"a@example.com","phoneNumber":"4155550103"}`}, // refused
		{"/identify/batch", "", `[{"email":"b@example.com"},{"email":"newer@example.com","phoneNumber":"4155550103"}]`},
		{"/contacts/search", "", `{"email":"a@example.com"}`},
		{"/refusals/{id}/dismiss", "/refusals/1/dismiss", ""},
		{"/refusals/search", "", `{"code":"separated"}`},
		{"/refusals/{id}/reopen", "/refusals/1/reopen", ""},
		{"/refusals/resolve", "", `{"resolution":"dismissed","ids":[1]}`},
		{"/refusals/{id}/accept", "/refusals/2/accept", ""},
		{"/observations/{id}/retract", "/observations/1/retract", `{"reason":"not his phone"}`},
		{"/observations/{id}/restore", "/observations/1/restore", ""},
		{"/blocked", "", `{"kind":"phoneNumber","value":"4155550103","reason":"the counter's phone"}`},
		{"/blocked", "", `{"values":[{"kind":"email","value":"b@example.com"},{"kind":"email","value":"nobody@example.com"}]}`},
		{"/blocked", "", `{"list":"role-mailboxes"}`},
		{"/erasures", "", `{"email":"a@example.com"}`},
		{"/session", "", ""},
		{"/survey", "", ""},
		{"/keys", "", `{"name":"made","scopes":["identify"]}`},
		{"/keys/{id}/rotate", "/keys/3/rotate", `{"overlapSeconds":1000}`},
		{"/keys/{id}/revoke", "/keys/4/revoke", `{"reason":"a test"}`},
	} {
		tried[c.route] = true
		path, once := cmp.Or(c.path, c.route), "the key of "+c.route
		first, err := p.again(key, `"`+once+`"`, path, c.body)
		if err != nil || first.status >= http.StatusMultipleChoices {
			t.Errorf("%s: %v %d %s", c.route, err, first.status, first.body)
			continue
		}
		before := stored()
		second, err := p.again(key, `"`+once+`"`, path, c.body)
		if err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(before, stored()); diff != "" {
			t.Errorf("%s: a repeat changes something (-before +after):\n%s", c.route, diff)
		}
		if first.status == http.StatusCreated { // a secret that is not shown twice
			first.status, first.body, second.body = http.StatusConflict, "", ""
		}
		if diff := gocmp.Diff(result(first.body), result(second.body)); first.status != second.status || diff != "" {
			t.Errorf("%s: first %d, then %d (-first +second):\n%s", c.route, first.status, second.status, diff)
		}
	}
	for _, r := range api.Routes() {
		if r.Method == http.MethodPost && !tried[r.Path] {
			t.Errorf("is POST %s safe to repeat?", r.Path)
		}
	}
}

// result is an answer without what describes the moment: the state before the request, the end of a session, and how far
// a survey is. A block that is there shows no clusters.
func result(text string) any {
	var answer any
	if json.Unmarshal([]byte(text), &answer) != nil {
		return text
	}
	return withoutBefore(answer)
}

func withoutBefore(value any) any {
	switch v := value.(type) {
	case []any:
		for i := range v {
			v[i] = withoutBefore(v[i])
		}
	case map[string]any:
		if delete(v, "before"); v["complete"] != nil {
			delete(v, "after")
		}
		for _, name := range []string{"expiresAt", "running", "result"} {
			delete(v, name)
		}
		for name := range v {
			v[name] = withoutBefore(v[name])
		}
	}
	return value
}
