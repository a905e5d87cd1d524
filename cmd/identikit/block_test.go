package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/mysqltest"
)

// Fails when several values or a list cannot be blocked over HTTP, when a mixture of the forms is not
// refused, or when a dry run stores something.
func TestBlockSeveralValues(t *testing.T) {
	t.Parallel()
	p := serve(t, databaseURL(mysqltest.NewDB(t)))
	for _, body := range []string{
		`{"email":"info@shop.example","phoneNumber":"1"}`, `{"email":"info@shop.example","phoneNumber":"2"}`,
		`{"email":"a@shop.example","phoneNumber":"3"}`, `{"email":"b@shop.example","phoneNumber":"3"}`,
	} {
		p.mustIdentify(t, body)
	}
	for _, step := range []struct{ name, path, body, want string }{
		{"dry run of a list", "/blocked?dryRun=true", `{"list":"role-mailboxes"}`, `200 {"list":"role-mailboxes","blocked":1,"complete":true,"dryRun":true}`},
		{"a list", "/blocked", `{"list":"role-mailboxes","reason":"x"}`, `200 {"list":"role-mailboxes","blocked":1,"complete":true}`},
		{"again", "/blocked", `{"list":"role-mailboxes"}`, `200 {"list":"role-mailboxes","blocked":0,"complete":true}`},
		{"dry run of values", "/blocked?dryRun=true", `{"values":[{"kind":"phoneNumber","value":"9"}],"reason":"x"}`,
			`200 {"results":[{"block":{"id":null,"kind":"phoneNumber","value":"9","reason":"x","contactId":null,"complete":true,"progress":{"linking":0,"withheld":0},"before":[],"after":[{"primaryContactId":null,"emails":[],"phoneNumbers":["9"],"secondaryContactIds":[]}],"dryRun":true}}],"complete":true,"dryRun":true}`},
		{"values", "/blocked", `{"values":[{"kind":"phoneNumber","value":"3"},{"kind":"email","value":"INFO@shop.example"}],"reason":"x"}`,
			`200 {"results":[{"block":{"id":2,"kind":"phoneNumber","value":"3","reason":"x","contactId":6,"createdAt":"…","complete":true,"progress":{"linking":0,"withheld":2},…}`},
		{"both forms", "/blocked", `{"list":"role-mailboxes","kind":"email","value":"a@b.c"}`,
			`400 "Send either kind and value, or values, or list. Send an object such as {"kind":"phoneNumber","value":"0000000","reason":"the counter's phone"}."`},
		{"an unknown list", "/blocked", `{"list":"freemail"}`, `400 "list must be role-mailboxes or placeholders."`},
		{"no values", "/blocked", `{"values":[]}`, `400 "values must have 1 to 100 elements."`},
		{"an unknown field", "/blocked", `{"values":[{"kind":"email","value":"a@b.c","dryRun":true}]}`,
			`400 "values must be an array of objects with kind and value. Send an object such as {"kind":"phoneNumber","value":"0000000","reason":"the counter's phone"}."`},
		{"a malformed value", "/blocked", `{"values":[{"kind":"email","value":"a"}]}`, `400 "An e-mail address must have exactly one @ with something on both sides."`},
	} {
		r, err := send("POST", p.url+step.path, "application/json", step.body)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(step.want, shorten(r.status, r.body, step.want)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step.name, diff)
		}
	}
}
