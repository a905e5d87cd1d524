package main

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/mysqltest"
)

// Fails when a wrong merge cannot be found, undone and kept undone over HTTP, or when one of the
// answers changes.
func TestWrongMergeIsUndone(t *testing.T) {
	t.Parallel()
	p := serve(t, databaseURL(mysqltest.NewDB(t)), "MAX_EMAILS_PER_PHONE=4")
	a, b, c, x := email(1), email(2), email(3), phone(1)
	for _, e := range []string{a, b, c} {
		p.mustIdentify(t, fmt.Sprintf(`{"email":%q,"phoneNumber":%q}`, e, x))
	}
	one := func(id int, emails, phones string, secondary ...string) string {
		return fmt.Sprintf(`{"primaryContactId":%d,"emails":[%s],"phoneNumbers":[%s],"secondaryContactIds":[%s]}`, id, emails, phones, strings.Join(secondary, ","))
	}
	quoted := func(values ...string) string { return `"` + strings.Join(values, `","`) + `"` }
	all, without := one(1, quoted(a, b, c), quoted(x), "2", "3"), one(1, quoted(a, c), quoted(x), "3")
	second := one(2, quoted(b), "")
	refused := func(code string) string {
		return `"refused":[{"code":"` + code + `","field":"phoneNumber","detail":"…"}]`
	}
	retracted := func(reason string) string {
		return `200 {"retractions":[{"observationId":2,"email":` + quoted(b) + `,"phoneNumber":` + quoted(x) +
			`,"emailContactId":2,"phoneContactId":1,"reason":"` + reason + `","retractedAt":"…"}]}`
	}
	for _, step := range []struct{ name, method, path, body, want string }{
		{"what joins them", "GET", "/contacts/1/explain?with=2", "", `200 {"id":1,"primaryContactId":1,"otherId":2,"otherPrimaryContactId":1,"connected":true,…}`},
		{"a dry run", "POST", "/observations/2/retract?dryRun=true", `{"reason":"not stored"}`, `200 {"before":[` + all + `],"after":[` + without + `,` + second + `],"dryRun":true}`},
		{"it changed nothing", "POST", "/identify", `{"email":` + quoted(b) + `}`, `200 {"contact":` + all + `}`},
		{"undone", "POST", "/observations/2/retract", `{"reason":"her counter"}`, `200 {"before":[` + all + `],"after":[` + without + `,` + second + `]}`},
		{"why", "GET", "/retractions", "", retracted("her counter")},
		{"a dry run again", "POST", "/observations/2/retract?dryRun=true", `{"reason":"not stored"}`, `200 {"before":[` + without + `,` + second + `],"after":[` + without + `,` + second + `],"dryRun":true}`},
		{"still why", "GET", "/retractions", "", retracted("her counter")},
		{"a better reason", "POST", "/observations/2/retract", `{"reason":"his counter"}`, `200 {"before":[` + without + `,` + second + `],"after":[` + without + `,` + second + `]}`},
		{"better", "GET", "/retractions", "", retracted("his counter")},
		{"none", "POST", "/observations/2/retract", "", `200 {"before":[` + without + `,` + second + `],"after":[` + without + `,` + second + `]}`},
		{"no reason", "GET", "/retractions", "", retracted("")},
		{"too long", "POST", "/observations/2/retract", `{"reason":"` + strings.Repeat("ß", 501) + `"}`, `400 "The reason must have at most 500 characters."`},
		{"no such field", "POST", "/observations/2/retract", `{"because":"…"}`, `400 "The body takes only reason."`},
		{"it stays undone", "POST", "/identify", `{"email":` + quoted(b) + `,"phoneNumber":` + quoted(x) + `}`, `200 {"contact":` + second + `,` + refused("retracted") + `}`},
		{"the queue", "GET", "/refusals", "", `200 {"refusals":[{"id":1,"code":"retracted","detail":"…","refusedAt":"…","observationId":2,"email":` + quoted(b) + `,"phoneNumber":` + quoted(x) + `,"emailContactId":2,"phoneContactId":1}]}`},
		{"dismissed", "POST", "/refusals/1/dismiss", "", `200 {"id":1,"resolution":"dismissed"}`},
		{"dismissed twice", "POST", "/refusals/1/dismiss", "", `200 {"id":1,"resolution":"dismissed"}`},
		{"different people", "PUT", "/separations", `{"contactId":2,"otherContactId":3,"reason":"a test"}`, `200 {"id":1,"contactId":2,"otherContactId":3,"reason":"a test","createdAt":"…"}`},
		{"and stay so", "POST", "/observations/2/restore", "", `409 "Observation 2 would unite contacts that were separated. Delete the separation first."`},
		{"the separation", "GET", "/separations", "", `200 {"separations":[{"id":1,"contactId":2,"otherContactId":3,"reason":"a test","createdAt":"…"}]}`},
		{"deleted", "DELETE", "/separations/1", "", `200 {"before":[` + without + `,` + second + `],"after":[` + without + `,` + second + `]}`},
		{"restored", "POST", "/observations/2/restore", "", `200 {"before":[` + without + `,` + second + `],"after":[` + all + `]}`},
		{"nothing is retracted", "GET", "/retractions", "", `200 {"retractions":[]}`},
		{"one customer", "PUT", "/separations", `{"contactId":2,"otherContactId":3}`, `409 "Contacts 2 and 3 are one customer. Retract an observation that links them first."`},
		{"a phone of nobody", "POST", "/blocked", `{"kind":"phoneNumber","value":` + quoted(x) + `,"reason":"the counter"}`,
			`200 {"id":1,"kind":"phoneNumber","value":` + quoted(x) + `,"reason":"the counter","contactId":4,"createdAt":"…","complete":true,"progress":{"linking":0,"withheld":3},"before":[` + all + `],"after":[` +
				strings.Join([]string{one(1, quoted(a), ""), second, one(3, quoted(c), ""), one(4, "", quoted(x))}, ",") + `]}`},
		{"it alone", "POST", "/identify", `{"phoneNumber":` + quoted(x) + `}`, `422 "No value of this request identifies anybody. This value is blocked because it identifies nobody."`},
		{"a placeholder", "POST", "/identify", `{"email":` + quoted(b) + `,"phoneNumber":"n/a"}`, `200 {"contact":` + second + `,` + refused("blocked") + `}`},
		{"what is blocked", "GET", "/blocked", "", `200 {"blocked":[{"id":1,"kind":"phoneNumber","value":` + quoted(x) + `,"reason":"the counter","contactId":4,"createdAt":"…","complete":true,"progress":{"linking":0,"withheld":3}}]}`},
		{"unblocked", "DELETE", "/blocked/1", "", `200 {"id":1,"kind":"phoneNumber","value":` + quoted(x) + `,"reason":"the counter","contactId":4,"createdAt":"…","complete":true,"progress":{"linking":3,"withheld":0},…}`},
		{"no observation", "POST", "/observations/99/retract", "", `404 "There is no observation 99."`},
		{"no id", "POST", "/observations/x/retract", "", `400 "The id in the path must be a whole number, 1 or greater, as in /contacts/17."`},
		{"no dry run", "POST", "/observations/1/retract?dryRun=yes", "", `400 "dryRun must be true or false."`},
		{"no kind", "POST", "/blocked", `{"value":"1"}`, `400 "kind must be email or phoneNumber. Send an object such as {"kind":"phoneNumber","value":"0000000","reason":"the counter's phone"}."`},
	} {
		r, err := send(step.method, p.url+step.path, "application/json", step.body)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(step.want, shorten(r.status, r.body, step.want)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step.name, diff)
		}
	}
}

// shorten reduces an answer to the parts that can be compared: the detail of a problem,
// placeholders for times and long texts, and no more text than want has.
func shorten(status int, body, want string) string {
	body = strings.TrimSpace(body)
	if detail := regexp.MustCompile(`"detail":"((?:[^"\\]|\\.)*)","(?:field|requestId)`).FindStringSubmatch(body); status != http.StatusOK && detail != nil {
		return fmt.Sprintf("%d \"%s\"", status, strings.ReplaceAll(detail[1], `\"`, `"`))
	}
	body = regexp.MustCompile(`"(detail|refusedAt|createdAt|retractedAt)":"[^"]*"`).ReplaceAllString(body, `"$1":"…"`)
	if head, cut := strings.CutSuffix(want, "…}"); cut {
		body = body[:min(len(body), len(head)-len("200 "))] + "…}"
	}
	return fmt.Sprintf("%d %s", status, body)
}
