package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/mysqltest"
)

// Fails when the shape or the key order of an answer changes, byte for byte, from the first contact
// of a cluster to its merge.
func TestAnswers(t *testing.T) {
	t.Parallel()
	p := serve(t, databaseURL(mysqltest.NewDB(t)))
	a, b, x, y := email(1), email(2), phone(1), phone(2)
	first := id(t, p.mustIdentify(t, fmt.Sprintf(`{"email":%q,"phoneNumber":%q}`, a, x)))
	var second, third uint64
	for _, step := range []struct {
		name, body string
		want       func() string
	}{
		{"a repeat adds nothing", fmt.Sprintf(`{"email":%q,"phoneNumber":%q}`, a, x), func() string {
			return answer(first, []string{a}, []string{x})
		}},
		{"another cluster", fmt.Sprintf(`{"email":%q,"phoneNumber":%s}`, b, y), nil},
		{"a new phone", fmt.Sprintf(`{"email":%q,"phoneNumber":"%s9"}`, b, y), nil},
		{"look-up by phone", fmt.Sprintf(`{"phoneNumber":"%s9"}`, y), func() string {
			return answer(second, []string{b}, []string{y, y + "9"}, third)
		}},
		{"the clusters become one", fmt.Sprintf(`{"email":%q,"phoneNumber":"%s9"}`, a, y), func() string {
			return answer(first, []string{a, b}, []string{x, y, y + "9"}, second, third)
		}},
		{"look-up by e-mail", fmt.Sprintf(`{"email":%q,"phoneNumber":null}`, b), func() string {
			return answer(first, []string{a, b}, []string{x, y, y + "9"}, second, third)
		}},
	} {
		got := p.mustIdentify(t, step.body)
		switch {
		case second == 0 && step.want == nil:
			second = id(t, got)
		case step.want == nil:
			third = secondaries(t, got)[0]
		default:
			if diff := cmp.Diff(step.want(), got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", step.name, diff)
			}
		}
	}
}

// answer builds the expected body without an encoder of this program.
func answer(primary uint64, emails, phones []string, secondary ...uint64) string {
	ids := strings.ReplaceAll(strings.Trim(fmt.Sprint(secondary), "[]"), " ", ",")
	return fmt.Sprintf(`{"contact":{"primaryContactId":%d,"emails":["%s"],"phoneNumbers":["%s"],"secondaryContactIds":[%s]}}`+"\n",
		primary, strings.Join(emails, `","`), strings.Join(phones, `","`), ids)
}

type contact struct {
	Contact struct {
		PrimaryContactID    uint64   `json:"primaryContactId"`
		SecondaryContactIDs []uint64 `json:"secondaryContactIds"`
	}
}

func parse(t *testing.T, answer string) contact {
	t.Helper()
	var c contact
	if err := json.Unmarshal([]byte(answer), &c); err != nil {
		t.Fatal(err)
	}
	return c
}

func id(t *testing.T, answer string) uint64 {
	t.Helper()
	return parse(t, answer).Contact.PrimaryContactID
}

func secondaries(t *testing.T, answer string) []uint64 {
	t.Helper()
	return parse(t, answer).Contact.SecondaryContactIDs
}

// Fails when the status, type, field or detail of a refusal changes on a real server, or when a
// refused request stores something.
func TestRefusals(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	p := serve(t, databaseURL(db))
	for _, c := range []struct {
		name, method, path, kind, body string
		status                         int
		field, part                    string
	}{
		{"nothing", "POST", "/identify", "application/json", ``, 400, "", "Send an object such as"},
		{"neither value", "POST", "/identify", "application/json", `{"email":"","phoneNumber":null}`, 400, "", "email, a phoneNumber or both"},
		{"malformed", "POST", "/identify", "application/json", `{"email":"a@` + domain, 400, "", "not valid JSON"},
		{"not an object", "POST", "/identify", "application/json", `["a@` + domain + `"]`, 400, "", "not an object"},
		{"trailing data", "POST", "/identify", "application/json", pair(1) + pair(2), 400, "", "not valid JSON"},
		{"broken UTF-8", "POST", "/identify", "application/json", "{\"email\":\"\xff@" + domain + "\"}", 400, "", "UTF-8"},
		{"wrong type", "POST", "/identify", "application/json", `{"email":1,"phoneNumber":"` + phone(1) + `"}`, 400, "email", "must be a string"},
		{"malformed e-mail", "POST", "/identify", "application/json", `{"email":"a b@` + domain + `"}`, 400, "email", "blanks"},
		{"letters in a phone", "POST", "/identify", "application/json", `{"email":"a@` + domain + `","phoneNumber":"x` + prefix + `"}`, 400, "phoneNumber", "letters"},
		{"a fraction", "POST", "/identify", "application/json", `{"phoneNumber":` + prefix + `.0}`, 400, "phoneNumber", "whole number"},
		{"an exponent", "POST", "/identify", "application/json", `{"phoneNumber":1e9}`, 400, "phoneNumber", "whole number"},
		{"a form", "POST", "/identify", "application/x-www-form-urlencoded", pair(1), 415, "", "Content-Type: application/json"},
		{"too large", "POST", "/identify", "application/json", strings.Repeat(" ", 1<<20) + pair(1), 413, "", "16384"},
		{"wrong method", "DELETE", "/identify", "application/json", pair(1), 405, "", "POST"},
		{"unknown path", "POST", "/identify/" + email(1), "application/json", pair(1), 404, "", "/openapi.json"},
	} {
		r, err := send(c.method, p.url+c.path, c.kind, c.body)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		wantProblem(t, c.name, r, c.status, c.field, c.part)
	}
	for _, table := range []string{"contacts", "observations"} {
		if n := count(t, db, table); n != 0 {
			t.Errorf("the refusals left %d rows in %s", n, table)
		}
	}
}

// wantProblem expects a refusal whose detail contains part.
func wantProblem(t *testing.T, name string, r reply, status int, field, part string) {
	t.Helper()
	var got struct {
		Type, Title, Detail, Field, RequestID string
		Status                                int
	}
	if err := json.Unmarshal([]byte(r.body), &got); err != nil {
		t.Errorf("%s: got %d and no problem: %v: %s", name, r.status, err, r.body)
		return
	}
	if r.status != status || got.Status != status || got.Field != field || !strings.Contains(got.Detail, part) {
		t.Errorf("%s: got %d %s; want %d, field %q, a detail with %q", name, r.status, r.body, status, field, part)
	}
	if kind := r.header.Get("Content-Type"); kind != "application/problem+json" {
		t.Errorf("%s: Content-Type is %q", name, kind)
	}
	if sent := r.header.Get("X-Request-Id"); sent == "" || sent != got.RequestID {
		t.Errorf("%s: request id is %q in the header, %q in the body", name, sent, got.RequestID)
	}
	if allow := r.header.Get("Allow"); (status == http.StatusMethodNotAllowed) != (allow != "") {
		t.Errorf("%s: Allow is %q", name, allow)
	}
	later := status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests
	if retry := r.header.Get("Retry-After"); later != (retry != "") {
		t.Errorf("%s: Retry-After is %q", name, retry)
	}
}

// count returns the number of rows in a table.
func count(t *testing.T, db *mysqltest.DB, table string) int {
	t.Helper()
	var n int
	if err := db.Pool.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM "+table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// Fails when a client that sends half a request holds its connection indefinitely.
func TestSlowClientsAreDisconnected(t *testing.T) {
	t.Parallel()
	p := serve(t, databaseURL(mysqltest.NewDB(t)), "REQUEST_TIMEOUT=300ms")
	u, err := url.Parse(p.url)
	if err != nil {
		t.Fatal(err)
	}
	for name, start := range map[string]string{
		"in the header": "POST /identify HTTP/1.1\r\nHost: x\r\n",
		"in the body":   "POST /identify HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{",
	} {
		conn, err := net.Dial("tcp", u.Host)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprint(conn, start)
		conn.SetReadDeadline(time.Now().Add(30 * time.Second)) //nolint:errcheck // the read below fails then
		if _, err := io.ReadAll(conn); err != nil {
			t.Errorf("stuck %s: %v", name, err)
		}
	}
}

// Fails when a value or an address is printed or logged at any level. The cleanups search the
// output for the values.
func TestNothingPersonalIsPrinted(t *testing.T) {
	t.Parallel()
	p := serve(t, databaseURL(mysqltest.NewDB(t)), "LOG_LEVEL=debug")
	p.mustIdentify(t, pair(1))
	for _, path := range []string{"/identify?email=" + email(1), "/contacts/" + email(1), "/?phone=" + phone(1)} {
		if _, err := send(http.MethodGet, p.url+path, "application/json", pair(1)); err != nil {
			t.Fatal(err)
		}
	}
	for _, body := range []string{`{"email":"` + email(1) + ` x"}`, `{"phoneNumber":"` + phone(1) + `x"}`, `{"` + email(1)} {
		if _, err := p.identify(body); err != nil {
			t.Fatal(err)
		}
	}
	p.stop(t)
	if lines := strings.Count(p.stderr.String(), `"msg":"request"`); lines != 7 {
		t.Errorf("got %d lines of access log, want 7", lines)
	}
}
