package main

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/mysqltest"
)

// Fails when a contact cannot be looked up end to end: by id, by value, its observations, history
// and explanation.
func TestLookup(t *testing.T) {
	t.Parallel()
	p := serve(t, databaseURL(mysqltest.NewDB(t)))
	a, b, x, y := email(1), email(2), phone(1), phone(2)
	for _, seen := range [][2]string{{a, x}, {b, y}, {a, y}} {
		p.mustIdentify(t, fmt.Sprintf(`{"email":%q,"phoneNumber":%q}`, seen[0], seen[1]))
	}
	members := fmt.Sprintf(`"members":[{"id":1,"email":%q,"phoneNumber":%q,"linkPrecedence":"primary","createdAt":"","updatedAt":""},`+
		`{"id":2,"email":%q,"phoneNumber":%q,"linkPrecedence":"secondary","createdAt":"","updatedAt":""}]`, a, x, b, y)
	contact := answer(1, []string{a, b}, []string{x, y}, 2)
	found := contact[:len(contact)-len("}\n")] + "," + members + `,"id":2}` + "\n"
	observed := func(id int, email, phone string, e, ph int) string {
		return fmt.Sprintf(`{"id":%d,"email":%q,"phoneNumber":%q,"emailContactId":%d,"phoneContactId":%d,"firstSeenAt":""}`, id, email, phone, e, ph)
	}
	one, two, three := observed(1, a, x, 1, 1), observed(2, b, y, 2, 2), observed(3, a, y, 1, 2)
	times := regexp.MustCompile(`"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"`)
	for path, want := range map[string]string{
		"/contacts/2":                           found,
		"/contacts?email=" + url.QueryEscape(b): found,
		"/contacts?phoneNumber=" + y:            found,
		"/contacts/2/observations":              `{"observations":[` + one + `,` + two + `,` + three + `]}` + "\n",
		"/contacts/1/history": `{"events":[{"kind":"created","contactId":1,"primaryContactId":1,"at":""},` +
			`{"kind":"created","contactId":2,"primaryContactId":2,"at":""},` +
			`{"kind":"merged","contactId":2,"primaryContactId":1,"observationId":3,"at":""}]}` + "\n",
		"/contacts/1/explain?phoneNumber=" + y: `{"id":1,"primaryContactId":1,"otherId":2,"otherPrimaryContactId":1,"connected":true,"chain":[` + three +
			`],"bridges":[{"observation":` + three + `,"parts":[2,2]},{"observation":` + one + `,"parts":[3,1]},{"observation":` + two +
			`,"parts":[3,1]},{"value":{"contactId":1,"email":"` + a + `"},"parts":[2,1]},` +
			`{"value":{"contactId":2,"phoneNumber":"` + y + `"},"parts":[2,1]}],"bridgeCount":5}` + "\n",
	} {
		status, body := p.get(t, path)
		if diff := cmp.Diff(want, times.ReplaceAllString(body, `""`)); diff != "" || status != http.StatusOK {
			t.Errorf("%s: %d (-want +got):\n%s", path, status, diff)
		}
	}
	if status, body := p.get(t, "/contacts?email="+email(3)); status != http.StatusNotFound {
		t.Errorf("an unknown value: %d %s", status, body)
	}
	if status, body := p.get(t, "/contacts/3"); status != http.StatusNotFound {
		t.Errorf("a look-up added a contact: %d %s", status, body)
	}
}
