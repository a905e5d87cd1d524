package api

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Fails when a form of the header that clients send is refused, when two forms of one key differ, or when
// something is accepted that is no key or is a value of a customer.
func TestParseIdempotencyKey(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("k", maxIdempotencyKey)
	for sent, want := range map[string]string{
		`8e03978e-40d5-43e8-bc93-6894a57f9324`:   "8e03978e-40d5-43e8-bc93-6894a57f9324",
		`"8e03978e-40d5-43e8-bc93-6894a57f9324"`: "8e03978e-40d5-43e8-bc93-6894a57f9324",
		` "a b" `:                                "a b",
		`"a\"b\\c"`:                              `a"b\c`,
		`11111111-2222-3333-4444-555555555555`:   "11111111-2222-3333-4444-555555555555",
		`order-17/erase`:                         "order-17/erase",
		`k`:                                      "k",
		long:                                     long,
		`"` + long + `"`:                         long,
	} {
		if got, ok := parseIdempotencyKey([]string{sent}); got != want || !ok {
			t.Errorf("%s: got %q, %v", sent, got, ok)
		}
	}
	for _, sent := range []string{
		"", " ", `""`, long + "k", `"` + long + `k"`, "a b", `a"b`, `"a`, `"`, `"a"b`, `"a";x=1`, `"\a"`, `"a\`, "a\tb", "é", "\x7f", `"a` + "\x00" + `"`,
		"lorraine@hillvalley.edu", "erase-lorraine@hillvalley.edu", "17", "+1 (415) 555-0132", `"+1 (415) 555-0132"`, "+14155550132", "-",
	} {
		if got, ok := parseIdempotencyKey([]string{sent}); ok {
			t.Errorf("%q is accepted as %q", sent, got)
		}
	}
	if _, ok := parseIdempotencyKey([]string{"a", "a"}); ok {
		t.Error("two headers are accepted")
	}
}

// Fails when the same request in another notation counts as another one, or another request as the same.
func TestCanonical(t *testing.T) {
	t.Parallel()
	of := func(path, body string) string {
		text, ok := canonical(httptest.NewRequest(http.MethodPost, path, nil), []byte(body))
		if !ok {
			t.Fatalf("%s is no JSON", body)
		}
		return string(text)
	}
	first := of("/erasures", `{"email":"a@example.com","suppress":true}`)
	for _, same := range []string{`{ "suppress":true,"email":"\u0061@example.com" }`, "{\"email\":\"a@example.com\",\n\"suppress\":true}"} {
		if got := of("/erasures?dryRun=false", same); got != first {
			t.Errorf("%s: got %s, want %s", same, got, first)
		}
	}
	others := map[string]bool{first: true}
	for _, other := range [][2]string{
		{"/erasures", `{"email":"a@example.com"}`}, {"/erasures", `{"email":"b@example.com","suppress":true}`},
		{"/erasures", `{"phoneNumber":12345678901234567890}`}, {"/erasures", `{"phoneNumber":12345678901234567891}`},
		{"/keys/1/rotate", `{}`}, {"/keys/2/rotate", `{}`}, {"/keys", `{}`},
	} {
		if got := of(other[0], other[1]); others[got] {
			t.Errorf("%v is the same as another request", other)
		} else {
			others[got] = true
		}
	}
}
