package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/identikit/identikit/internal/mysqltest"
)

// Fails when a misspelt dryRun makes a real change.
func TestMisspeltDryRunChangesNothing(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	p := serve(t, databaseURL(db))
	p.mustIdentify(t, pair(1))
	p.mustIdentify(t, fmt.Sprintf(`{"email":%q,"phoneNumber":%q}`, email(2), phone(1)))
	for _, c := range []struct{ method, path, body string }{
		{"POST", "/observations/1/retract?dry_run=true", ""},
		{"POST", "/observations/1/retract?dryrun=true", ""},
		{"POST", "/observations/1/retract?dryRun=yes", ""},
		{"POST", "/observations/1/retract?dryRun=true&dryRun=false", ""},
		{"POST", "/observations/1/retract", `{"dryRun":true}`},
		{"DELETE", "/contacts/1?dry_run=true", ""},
		{"POST", "/erasures", fmt.Sprintf(`{"email":%q,"dryRun":true}`, email(1))},
		{"POST", "/blocked?dry_run=true", fmt.Sprintf(`{"kind":"email","value":%q}`, email(1))},
		{"POST", "/blocked", fmt.Sprintf(`{"kind":"email","value":%q,"dryRun":true}`, email(1))},
		{"PUT", "/separations?dry_run=true", `{"contactId":1,"otherContactId":2}`},
		{"POST", "/identify?dryRun=true", pair(3)},
	} {
		r, err := send(c.method, p.url+c.path, "application/json", c.body)
		if err != nil {
			t.Fatal(err)
		}
		wantProblem(t, c.method+" "+c.path, r, http.StatusBadRequest, "", "")
	}
	var changed int
	err := db.Pool.QueryRowContext(t.Context(), `SELECT
		(SELECT COUNT(*) FROM observations WHERE withheld IS NOT NULL) + (SELECT COUNT(*) FROM blocks) +
		(SELECT COUNT(*) FROM separations) + (SELECT COUNT(*) FROM contacts WHERE deleted_at IS NOT NULL)`).Scan(&changed)
	if err != nil || changed != 0 || count(t, db, "contacts") != 2 {
		t.Errorf("%d changes, %v; %d contacts", changed, err, count(t, db, "contacts"))
	}
}

// Fails when a separation or a block cannot be ended by its contacts or its value, or when the
// answer to a change has other fields than the list.
func TestEndByValue(t *testing.T) {
	t.Parallel()
	p := serve(t, databaseURL(mysqltest.NewDB(t)))
	p.mustIdentify(t, pair(1))
	p.mustIdentify(t, pair(2))
	request := func(method, path, body string, status int) string {
		t.Helper()
		r, err := send(method, p.url+path, "application/json", body)
		if err != nil || r.status != status {
			t.Fatalf("%s %s: got %d %s, %v; want %d", method, path, r.status, r.body, err, status)
		}
		return strings.TrimSpace(r.body)
	}
	set := request("PUT", "/separations", `{"contactId":2,"otherContactId":1,"reason":"a test"}`, 200)
	if want := `{"separations":[` + set + `]}`; !strings.HasPrefix(set, `{"id":1,"contactId":1,"otherContactId":2,"reason":"a test","createdAt":"20`) ||
		request("GET", "/separations", "", 200) != want {
		t.Errorf("PUT answered %s", set)
	}
	dry := request("DELETE", "/separations?contactId=2&otherContactId=1&dryRun=true", "", 200)
	if !strings.HasSuffix(dry, `,"dryRun":true}`) || request("GET", "/separations", "", 200) == `{"separations":[]}` {
		t.Errorf("the dry run: %s", dry)
	}
	request("DELETE", "/separations?contactId=2&otherContactId=1", "", 200)
	if left := request("GET", "/separations", "", 200); left != `{"separations":[]}` {
		t.Errorf("left %s", left)
	}
	request("DELETE", "/separations?contactId=2&otherContactId=1", "", 404)

	for kind, value := range map[string]string{"email": email(1), "phoneNumber": phone(1)} {
		body := fmt.Sprintf(`{"kind":%q,"value":%q}`, kind, value)
		request("DELETE", "/blocked", body, 404)
		blocked := request("POST", "/blocked", fmt.Sprintf(`{"kind":%q,"value":" %s","reason":"a test"}`, kind, value), 200)
		shown, progress, _ := strings.Cut(blocked, `,"complete":true,`)
		listed := `{"blocked":[` + shown + `,"complete":true,"progress":{"linking":0,"withheld":1}}]}`
		if request("GET", "/blocked", "", 200) != listed ||
			!strings.Contains(shown, `"createdAt":"20`) || !strings.HasPrefix(progress, `"progress":{`) {
			t.Errorf("POST answered %s", blocked)
		}
		dry := request("DELETE", "/blocked?dryRun=true", body, 200)
		if !strings.HasPrefix(dry, shown) || request("GET", "/blocked", "", 200) == `{"blocked":[]}` {
			t.Errorf("the dry run: %s", dry)
		}
		ended := request("DELETE", "/blocked", body, 200)
		if !strings.HasPrefix(ended, shown) || request("GET", "/blocked", "", 200) != `{"blocked":[]}` {
			t.Errorf("DELETE answered %s", ended)
		}
		request("DELETE", "/blocked", body, 404)
	}
}
