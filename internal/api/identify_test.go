package api_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/api"
	"github.com/identikit/identikit/internal/linker/linkertest"
)

// Fails when the shape or the key order of the answer changes, when an empty list is null, or when
// & or < is escaped as for HTML.
func TestIdentifyAnswersByteForByte(t *testing.T) {
	t.Parallel()
	h, _ := handler(t)
	for _, step := range []struct{ body, want string }{
		{
			`{"email":"Lorraine@hillvalley.edu","phoneNumber":"123456"}`,
			`{"contact":{"primaryContactId":1,"emails":["lorraine@hillvalley.edu"],"phoneNumbers":["123456"],"secondaryContactIds":[]}}`,
		}, {
			`{"email":"mcfly@hillvalley.edu","phoneNumber":"123456"}`,
			`{"contact":{"primaryContactId":1,"emails":["lorraine@hillvalley.edu","mcfly@hillvalley.edu"],"phoneNumbers":["123456"],"secondaryContactIds":[2]}}`,
		}, {
			`{"phoneNumber":"555"}`,
			`{"contact":{"primaryContactId":3,"emails":[],"phoneNumbers":["555"],"secondaryContactIds":[]}}`,
		}, {
			`{"email":"r&d<x>@hillvalley.edu"}`,
			`{"contact":{"primaryContactId":4,"emails":["r&d<x>@hillvalley.edu"],"phoneNumbers":[],"secondaryContactIds":[]}}`,
		},
	} {
		w := post(h, step.body)
		if diff := cmp.Diff(step.want+"\n", w.Body.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step.body, diff)
		}
		if w.Code != http.StatusOK {
			t.Errorf("%s: got %d", step.body, w.Code)
		}
		wantHeader := http.Header{
			"Content-Type": {"application/json"}, "Content-Length": {strconv.Itoa(w.Body.Len())}, "X-Request-Id": w.Header()["X-Request-Id"],
			"Cache-Control": {"no-store"}, "X-Content-Type-Options": {"nosniff"},
		}
		if diff := cmp.Diff(wantHeader, w.Header()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step.body, diff)
		}
	}
}

// Fails when a value is misread: a number through a float, a member name in another case, the first
// of two members, or null as "null".
func TestIdentifyReadsValues(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, body   string
		email, phone string
	}{
		{"both", `{"email":"a@b.c","phoneNumber":"123"}`, "a@b.c", "123"},
		{"a number", `{"phoneNumber":123456}`, "", "123456"},
		{"zero", `{"phoneNumber":0}`, "", "0"},
		{"beyond a float's digits", `{"phoneNumber":12345678901234567891}`, "", "12345678901234567891"},
		{"beyond 64 bits", `{"phoneNumber":99999999999999999999999999999999}`, "", "99999999999999999999999999999999"},
		{"leading zeros in a string", `{"phoneNumber":"0000"}`, "", "0000"},
		{"null beside a value", `{"email":null,"phoneNumber":"123"}`, "", "123"},
		{"empty beside a value", `{"email":"","phoneNumber":"123"}`, "", "123"},
		{"blank beside a value", `{"email":"a@b.c","phoneNumber":" \t"}`, "a@b.c", ""},
		{"unknown members", `{"email":"a@b.c","name":{"first":["x"]},"phone":"1"}`, "a@b.c", ""},
		{"a member in other case", `{"Email":"x@y.z","EMAIL":5,"email":"a@b.c","PhoneNumber":"9"}`, "a@b.c", ""},
		{"a member twice", `{"email":"x@y.z","email":"a@b.c","phoneNumber":1.5,"phoneNumber":"7"}`, "a@b.c", "7"},
		{"an escaped name", `{"\u0065mail":"a@b.c"}`, "a@b.c", ""},
		{"an escaped value", `{"email":"\ud83d\ude00@b.c"}`, "😀@b.c", ""},
		{"an escaped slash", `{"phoneNumber":"12\/3"}`, "", "123"},
		{"white space around", " \r\n{ \"email\" : \"a@b.c\" }\n", "a@b.c", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h, reference := handler(t)
			if w := post(h, c.body); w.Code != http.StatusOK {
				t.Fatalf("got %d %s", w.Code, w.Body)
			}
			want := []linkertest.Row{{ID: 1, Email: c.email, Phone: c.phone}}
			if diff := cmp.Diff(want, reference.Rows()); diff != "" {
				t.Errorf("stored (-want +got):\n%s", diff)
			}
		})
	}
}

// Fails when a refusal has the wrong status or field, does not say what would be accepted, quotes
// the request, or stores something.
func TestIdentifyRefusesBodies(t *testing.T) {
	t.Parallel()
	const object = "Send an object such as {"
	for _, c := range []struct{ name, body, field, part string }{
		{"empty", ``, "", "The body is empty. " + object},
		{"no JSON", `email=secret`, "", "not valid JSON: syntax error at byte 1."},
		{"cut off", `{"email":"secret`, "", object},
		{"two objects", `{"email":"secret@b.c"}{}`, "", object},
		{"something behind", `{"email":"secret@b.c"} x`, "", object},
		{"a comment", `{/*secret*/"email":"a@b.c"}`, "", object},
		{"leading zeros in a number", `{"phoneNumber":0123}`, "", object},
		{"null", `null`, "", object},
		{"a list", `["secret@b.c"]`, "", "not an object"},
		{"a string", `"secret@b.c"`, "", "not an object"},
		{"a number", `5`, "", "not an object"},
		{"broken UTF-8", "{\"email\":\"secret\xff@b.c\"}", "", "must be valid UTF-8"},
		{"neither", `{}`, "", "email and phoneNumber"},
		{"neither, null", `{"email":null,"phoneNumber":null}`, "", "email and phoneNumber"},
		{"neither, blank", `{"email":" ","phoneNumber":""}`, "", "email and phoneNumber"},
		{"neither, other case", `{"Email":"secret@b.c"}`, "", "email and phoneNumber"},
		{"email a number", `{"email":5}`, "email", "must be a string"},
		{"email true", `{"email":true,"phoneNumber":"1"}`, "email", "must be a string"},
		{"email an object", `{"email":{"secret":1}}`, "email", "must be a string"},
		{"email a list", `{"email":["secret@b.c"]}`, "email", "must be a string"},
		{"email malformed", `{"email":"secret"}`, "email", "exactly one @"},
		{"half a surrogate pair in email", `{"email":"secret\ud83d@b.c"}`, "email", "U+FFFD"},
		{"phone true", `{"phoneNumber":true}`, "phoneNumber", "a whole number of digits only"},
		{"phone an object", `{"phoneNumber":{"secret":1}}`, "phoneNumber", "must be a string"},
		{"phone a list", `{"phoneNumber":["secret"]}`, "phoneNumber", "must be a string"},
		{"phone a fraction", `{"phoneNumber":123.0}`, "phoneNumber", "a whole number of digits only"},
		{"phone an exponent", `{"phoneNumber":1e5}`, "phoneNumber", "a whole number of digits only"},
		{"phone negative", `{"phoneNumber":-1}`, "phoneNumber", "a whole number of digits only"},
		{"phone of 33 digits", `{"phoneNumber":111111111111111111111111111111111}`, "phoneNumber", "32 digits"},
		{"phone with letters", `{"phoneNumber":"secret"}`, "phoneNumber", "must not contain letters"},
		{"half a surrogate pair in phone", `{"phoneNumber":"12\ud83d"}`, "phoneNumber", "U+FFFD"},
		{"one good, one bad", `{"email":"secret@b.c","phoneNumber":"x"}`, "phoneNumber", "must not contain letters"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h, reference := handler(t)
			got := wantProblem(t, post(h, c.body), http.StatusBadRequest, c.field, c.part)
			if strings.Contains(got.Detail, "secret") {
				t.Errorf("detail %q quotes the request", got.Detail)
			}
			if rows := reference.Rows(); len(rows) > 0 {
				t.Errorf("stored %v", rows)
			}
		})
	}
}

// Fails when a form body, as curl -d sends it, is read as JSON, or when a content type with
// parameters is refused.
func TestIdentifyContentTypes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind, coding string
		accepted     bool
	}{
		{"", "", false},
		{"application/json", "", true},
		{"application/json", "identity", true},
		{"Application/JSON; charset=utf-8", "", true},
		{"application/json;", "", true},
		{"application/json; charset", "", true},
		{"application/vnd.shop+json", "", true},
		{"application/x-www-form-urlencoded", "", false},
		{"text/plain", "", false},
		{"application/jsonl", "", false},
		{"application/xml", "", false},
		{"multipart/form-data; boundary=json", "", false},
		{"nonsense", "", false},
		{"application/json", "gzip", false},
	} {
		h, _ := handler(t)
		r := httptest.NewRequest(http.MethodPost, "/identify", strings.NewReader(`{"phoneNumber":"1"}`))
		r.Header.Set("Content-Type", c.kind)
		r.Header.Set("Content-Encoding", c.coding)
		w := do(h, r)
		if !c.accepted {
			wantProblem(t, w, http.StatusUnsupportedMediaType, "", "Content-Type: application/json (with curl: --json)")
		} else if w.Code != http.StatusOK {
			t.Errorf("%q %q: got %d %s", c.kind, c.coding, w.Code, w.Body)
		}
	}
}

// Fails when the limit is off by one or relies on Content-Length alone.
func TestIdentifyLimitsTheBody(t *testing.T) {
	t.Parallel()
	const limit = 16384
	frame := len(`{"phoneNumber":"1"}`)
	for _, c := range []struct {
		name         string
		size, status int
		length       int64 // as announced; -1 for chunked
	}{
		{"at the limit", limit, http.StatusOK, limit},
		{"at the limit, chunked", limit, http.StatusOK, -1},
		{"over", limit + 1, http.StatusRequestEntityTooLarge, limit + 1},
		{"over, chunked", limit + 1, http.StatusRequestEntityTooLarge, -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h, reference := handler(t)
			body := strings.Repeat(" ", c.size-frame) + `{"phoneNumber":"1"}`
			r := httptest.NewRequest(http.MethodPost, "/identify", io.NopCloser(strings.NewReader(body)))
			r.ContentLength = c.length
			w := do(h, r)
			if c.status == http.StatusOK {
				if w.Code != c.status {
					t.Errorf("got %d %s", w.Code, w.Body)
				}
				return
			}
			wantProblem(t, w, c.status, "", "16384 bytes")
			if rows := reference.Rows(); len(rows) > 0 {
				t.Errorf("stored %v", rows)
			}
		})
	}
}

// Fails when an incomplete body is taken for an empty or a shorter one.
func TestIdentifyRefusesIncompleteBody(t *testing.T) {
	t.Parallel()
	h, _ := handler(t)
	broken := io.MultiReader(strings.NewReader(`{"phoneNumber":"1"}`), errReader{})
	w := do(h, httptest.NewRequest(http.MethodPost, "/identify", broken))
	wantProblem(t, w, http.StatusBadRequest, "", "is incomplete")
}

// Fails when a body that arrives too slowly is taken for a malformed one.
func TestBodyTimeout(t *testing.T) {
	t.Parallel()
	h, _ := handler(t)
	slow := iotest.ErrReader(os.ErrDeadlineExceeded)
	w := do(h, httptest.NewRequest(http.MethodPost, "/identify", slow))
	if got := wantProblem(t, w, http.StatusRequestTimeout, "", "took too long"); got.Code != "body-timeout" {
		t.Errorf("got %s", got.Code)
	}
}

type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, errors.New("connection reset") }

// Measures the HTTP layer alone: routing, reading, normalizing and answering known values, with the
// access log on.
func BenchmarkIdentifyHandler(b *testing.B) {
	o, log := options(b, linkertest.NewReference(1))
	h := api.NewChecked(b, o)
	body := strings.NewReader(`{"email":"lorraine@hillvalley.edu","phoneNumber":"123456"}`)
	r := httptest.NewRequest(http.MethodPost, "/identify", body)
	r.Header.Set("Content-Type", "application/json")
	b.ReportAllocs()
	for b.Loop() {
		log.Reset()
		body.Seek(0, io.SeekStart) //nolint:errcheck // never fails
		if w := do(h, r); w.Code != http.StatusOK {
			b.Fatal(w.Code)
		}
	}
}
