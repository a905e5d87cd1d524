package api_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/api"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/lookup"
)

// stored gives the same answer to every question and records the last question.
type stored struct {
	contact      lookup.Contact
	observations []lookup.Observation
	events       []lookup.Event
	next         string
	explanation  lookup.Explanation
	err          error

	id   uint64
	seen identity.Observation
	page lookup.Page
	with lookup.Ref
}

func (s *stored) Contact(_ context.Context, id uint64) (lookup.Contact, error) {
	s.id = id
	return s.found(), s.err
}

// found is a contact even if the test does not say which.
func (s *stored) found() lookup.Contact {
	if s.contact.ID != 0 {
		return s.contact
	}
	one := identity.Member{Age: identity.Age{ID: 7}, Email: "a@b.c"}
	return lookup.Contact{ID: 7, Cluster: identity.NewCluster([]identity.Member{one}, func(m identity.Member) identity.Member { return m })}
}

func (s *stored) Find(_ context.Context, o identity.Observation) (lookup.Contact, error) {
	s.seen = o
	return s.found(), s.err
}

func (s *stored) Observations(_ context.Context, id uint64, page lookup.Page) ([]lookup.Observation, string, error) {
	s.id, s.page = id, page
	return s.observations, s.next, s.err
}

func (s *stored) History(_ context.Context, id uint64, page lookup.Page) ([]lookup.Event, string, error) {
	s.id, s.page = id, page
	return s.events, s.next, s.err
}

func (s *stored) Explain(_ context.Context, id uint64, with lookup.Ref) (lookup.Explanation, error) {
	s.id, s.with = id, with
	if s.explanation.ID == 0 {
		return lookup.Explanation{ID: id, PrimaryID: id, OtherID: 8, OtherPrimaryID: 8}, s.err
	}
	return s.explanation, s.err
}

func get(t testing.TB, s *stored, path string) *httptest.ResponseRecorder {
	t.Helper()
	o, log := options(t, linkertest.NewReference(1))
	o.Lookup = s
	w := do(api.NewChecked(t, o), httptest.NewRequest(http.MethodGet, path, nil))
	if _, query, _ := strings.Cut(path, "?"); query != "" && strings.Contains(log.String(), query) {
		t.Errorf("the query was logged: %s", log)
	}
	return w
}

// wantBody checks a whole answer, byte for byte.
func wantBody(t *testing.T, w *httptest.ResponseRecorder, want string) {
	t.Helper()
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/json" || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("got %d %v", w.Code, w.Header())
	}
	if diff := cmp.Diff(want+"\n", w.Body.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func april() time.Time { return time.Date(2023, 4, 1, 2, 0, 0, 374000, time.FixedZone("", 2*60*60)) }

// Fails when the shape of the answer changes, or when the wrong value is looked up.
func TestContacts(t *testing.T) {
	t.Parallel()
	s := &stored{contact: lookup.Contact{
		ID:      23,
		Cluster: identity.Cluster{PrimaryID: 1, Emails: []string{"a&b@c.d", "e@c.d"}, Phones: []string{}, SecondaryIDs: []uint64{23}},
		Members: []lookup.Member{
			{ID: 1, Email: "a&b@c.d", Phone: "1", Primary: true, CreatedAt: april(), UpdatedAt: april().Add(time.Second)},
			{ID: 23, Email: "e@c.d", CreatedAt: april().Add(time.Hour), UpdatedAt: april().Add(time.Hour)},
		},
	}}
	want := `{"contact":{"primaryContactId":1,"emails":["a&b@c.d","e@c.d"],"phoneNumbers":[],"secondaryContactIds":[23]},` +
		`"members":[{"id":1,"email":"a&b@c.d","phoneNumber":"1","linkPrecedence":"primary",` +
		`"createdAt":"2023-04-01T00:00:00.000374Z","updatedAt":"2023-04-01T00:00:01.000374Z"},` +
		`{"id":23,"email":"e@c.d","linkPrecedence":"secondary",` +
		`"createdAt":"2023-04-01T01:00:00.000374Z","updatedAt":"2023-04-01T01:00:00.000374Z"}],"id":23}`
	wantBody(t, get(t, s, "/contacts/23"), want)
	if s.id != 23 {
		t.Errorf("asked for %d", s.id)
	}
	for query, seen := range map[string]identity.Observation{
		"email=E%40c.d":                  {Email: "e@c.d"},
		"email=e%2Btag@c.d&phoneNumber=": {Email: "e+tag@c.d"},
		"email=+e+tag@c.d+":              {Email: "e+tag@c.d"}, // blanks around it are trimmed
		"phoneNumber=123-456":            {Phone: "123456"},
		"phoneNumber=+14155550132":       {Phone: "+14155550132"},
		"phoneNumber=%2B1+415+5550132":   {Phone: "+14155550132"},
		"phoneNumber=+%2B14155550132":    {Phone: "+14155550132"},
		"phoneNumber=123+456":            {Phone: "123456"},
		"phoneNumber=123456+":            {Phone: "123456"},
	} {
		wantBody(t, get(t, s, "/contacts?"+query), want)
		if diff := cmp.Diff(seen, s.seen); diff != "" {
			t.Errorf("%s (-want +asked):\n%s", query, diff)
		}
	}
}

// Fails when a request with no value, several values or a malformed value is answered, or when the
// detail does not say what is right.
func TestContactsRefused(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]struct{ field, part string }{
		"/contacts":                                 {"", "exactly one value: /contacts?email="},
		"/contacts?email=&phoneNumber=+":            {"", "exactly one value"},
		"/contacts?Email=a@b.c":                     {"", "only the query parameters email and phoneNumber"},
		"/contacts?email=a@b.c&phoneNumber=1":       {"", "exactly one value"},
		"/contacts?email=a@b.c&email=d@b.c":         {"", "once"},
		"/contacts?email=%zz":                       {"", "malformed"},
		"/contacts?email=a@b.c;phoneNumber=1":       {"", "malformed"},
		"/contacts?email=a":                         {"email", "exactly one @"},
		"/contacts?email=%ff@b.c":                   {"email", "UTF-8"},
		"/contacts?phoneNumber=x":                   {"phoneNumber", "letters"},
		"/contacts/0":                               {"", "a whole number, 1 or greater"},
		"/contacts/-1":                              {"", "a whole number, 1 or greater"},
		"/contacts/1x":                              {"", "a whole number, 1 or greater"},
		"/contacts/18446744073709551616":            {"", "a whole number, 1 or greater"},
		"/contacts/x/observations":                  {"", "a whole number, 1 or greater"},
		"/contacts/x/history":                       {"", "a whole number, 1 or greater"},
		"/contacts/x/explain?with=1":                {"", "a whole number, 1 or greater"},
		"/contacts/1/observations?limit=0":          {"", "from 1 to 1000"},
		"/contacts/1/observations?limit=":           {"", "from 1 to 1000"},
		"/contacts/1/history?limit=1001":            {"", "from 1 to 1000"},
		"/contacts/1/history?limit=4294967297":      {"", "from 1 to 1000"},
		"/contacts/1/history?limit=1&limit=2":       {"", "once"},
		"/contacts/1/explain":                       {"", "exactly one of with (its id), email and phoneNumber"},
		"/contacts/1/explain?with=2&email=a@b.c":    {"", "exactly one of"},
		"/contacts/1/explain?email=a@b.c&with=":     {"", ""}, // valid: see below
		"/contacts/1/explain?with=x":                {"", "with must be the id"},
		"/contacts/1/explain?email=a":               {"email", "exactly one @"},
		"/contacts/1/explain?phoneNumber=1&email=x": {"email", "exactly one @"},
	} {
		s := &stored{}
		w := get(t, s, path)
		if want.part == "" {
			if w.Code != http.StatusOK || s.with != (lookup.Ref{Email: "a@b.c"}) {
				t.Errorf("%s: got %d, asked for %+v", path, w.Code, s.with)
			}
			continue
		}
		wantProblem(t, w, http.StatusBadRequest, want.field, want.part)
	}
}

// Fails when a missing or erased contact gets the wrong status or no reason, or when a failure of
// the database looks like one.
func TestContactsErrors(t *testing.T) {
	t.Parallel()
	for _, path := range []string{
		"/contacts/7", "/contacts?email=secret@b.c", "/contacts/7/observations", "/contacts/7/history", "/contacts/7/explain?with=8",
	} {
		for status, err := range map[int]error{
			404: &identity.Error{Code: identity.CodeRecordNotFound, Detail: "Why."},
			410: &identity.Error{Code: identity.CodeContactErased, Detail: "Why."},
			503: &identity.Error{Code: identity.CodeUnavailable, Detail: "Why."},
		} {
			if status == http.StatusGone && strings.Contains(path, "email=") {
				continue // a value has no tombstone
			}
			wantProblem(t, get(t, &stored{err: err}, path), status, "", "Why.")
		}
		wantProblem(t, get(t, &stored{err: errors.New("secret")}, path), 500, "", "error in the service")
	}
}

// Fails when HEAD differs from GET, or when the answer to another method does not list the allowed
// ones.
func TestContactsMethods(t *testing.T) {
	t.Parallel()
	o, _ := options(t, linkertest.NewReference(1))
	o.Lookup = &stored{}
	h := api.NewChecked(t, o)
	for _, path := range []string{
		"/contacts?email=a@b.c", "/contacts/7", "/contacts/7/observations", "/contacts/7/history", "/contacts/7/explain?with=8",
	} {
		one := do(h, httptest.NewRequest(http.MethodGet, path, nil))
		two := do(h, httptest.NewRequest(http.MethodHead, path, nil))
		if one.Code != http.StatusOK || two.Code != http.StatusOK || one.Header().Get("Content-Length") != two.Header().Get("Content-Length") {
			t.Errorf("%s: GET %d %v, HEAD %d %v", path, one.Code, one.Header(), two.Code, two.Header())
		}
		wantProblem(t, do(h, httptest.NewRequest(http.MethodPost, path, nil)), http.StatusMethodNotAllowed, "", "GET, HEAD")
	}
}
