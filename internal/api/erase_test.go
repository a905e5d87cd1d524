package api_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/api"
	"github.com/identikit/identikit/internal/erasure"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker/linkertest"
)

// eraser records the last question and answers with a receipt or an error.
type eraser struct {
	asked []string
	err   error
}

func (e *eraser) Erase(_ context.Context, contact uint64, suppress, dryRun bool) (erasure.Erasure, error) {
	return e.answer(fmt.Sprintf("contact %d, suppress %v, dry run %v", contact, suppress, dryRun), suppress)
}

func (e *eraser) EraseValue(_ context.Context, o identity.Observation, suppress, dryRun bool) (erasure.Erasure, error) {
	return e.answer(fmt.Sprintf("email %q, phone %q, suppress %v, dry run %v", o.Email, o.Phone, suppress, dryRun), suppress)
}

func (e *eraser) Receipts(context.Context, uint64, int32) ([]erasure.Erasure, uint64, error) {
	return nil, 0, e.err
}

func (e *eraser) answer(asked string, suppress bool) (erasure.Erasure, error) {
	e.asked = append(e.asked, asked)
	return erasure.Erasure{
		ContactID: 1, Tombstone: true, At: time.Date(2026, 3, 1, 10, 30, 0, 123456000, time.FixedZone("CET", 3600)),
		Observations: 3, Refusals: 2, Separations: 1, Blocks: 1, Suppressed: suppress,
		Before: []erasure.Members{{PrimaryID: 1, SecondaryIDs: []uint64{2, 3}}},
		After:  []erasure.Members{{PrimaryID: 2, SecondaryIDs: []uint64{}}, {PrimaryID: 3, SecondaryIDs: []uint64{}}},
	}, e.err
}

func erasing(t *testing.T, err error) (http.Handler, *eraser) {
	t.Helper()
	e := &eraser{err: err}
	o, _ := options(t, linkertest.NewReference(1))
	o.Eraser = e
	return api.NewChecked(t, o), e
}

func request(method, path, body string) *http.Request {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return r
}

// Fails when a flag or a value is misread, or when the shape of the receipt changes.
func TestEraseReadsRequest(t *testing.T) {
	t.Parallel()
	const receipt = `{"contactId":1,"tombstone":true,"erasedAt":"2026-03-01T09:30:00.123456Z","suppressed":%v,"dryRun":%v,` +
		`"removed":{"observations":3,"refusals":2,"separations":1,"blocks":1},"before":[{"primaryContactId":1,"secondaryContactIds":[2,3]}],` +
		`"after":[{"primaryContactId":2,"secondaryContactIds":[]},{"primaryContactId":3,"secondaryContactIds":[]}]}` + "\n"
	for _, c := range []struct {
		method, path, body, asked string
		suppress, dryRun          bool
	}{
		{"DELETE", "/contacts/7", "", `contact 7, suppress false, dry run false`, false, false},
		{"DELETE", "/contacts/7?suppress=true", "", `contact 7, suppress true, dry run false`, true, false},
		{"DELETE", "/contacts/7?suppress=false&dryRun=true", "", `contact 7, suppress false, dry run true`, false, true},
		{"POST", "/erasures", `{"email":" A@B.c"}`, `email "a@b.c", phone "", suppress false, dry run false`, false, false},
		{"POST", "/erasures", `{"phoneNumber":123,"email":null,"suppress":true}`, `email "", phone "123", suppress true, dry run false`, true, false},
		{"POST", "/erasures?dryRun=true", `{"phoneNumber":"1-2","suppress":false}`, `email "", phone "12", suppress false, dry run true`, false, true},
	} {
		h, e := erasing(t, nil)
		w := do(h, request(c.method, c.path, c.body))
		if diff := cmp.Diff([]string{c.asked}, e.asked); diff != "" {
			t.Errorf("%s %s asked (-want +got):\n%s", c.method, c.path, diff)
		}
		if diff := cmp.Diff(fmt.Sprintf(receipt, c.suppress, c.dryRun), w.Body.String()); diff != "" || w.Code != http.StatusOK {
			t.Errorf("%s %s: %d (-want +got):\n%s", c.method, c.path, w.Code, diff)
		}
	}
}

// Fails when a mistake in the request erases something: with a misspelt flag, a dry run is not one.
func TestEraseRefusesMistakes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		method, path, body string
		status             int
		field, part        string
	}{
		{"DELETE", "/contacts/seven", "", 404, "", "a whole number"},
		{"DELETE", "/contacts/-1", "", 404, "", "a whole number"},
		{"DELETE", "/contacts/7?dryRun=1", "", 400, "", "dryRun must be true or false"},
		{"DELETE", "/contacts/7?dryRun", "", 400, "", "dryRun must be true or false"},
		{"DELETE", "/contacts/7?dryRun=true&dryRun=false", "", 400, "", "once"},
		{"DELETE", "/contacts/7?dry_run=true", "", 400, "", "only the query parameters dryRun and suppress"},
		{"DELETE", "/contacts/7?suppress=yes", "", 400, "", "suppress must be true or false"},
		{"POST", "/erasures?suppress=true", `{"email":"a@b.c"}`, 400, "", "POST /erasures takes only the query parameter dryRun"},
		{"POST", "/erasures", `{"email":"a@b.c","dryRun":true}`, 400, "", "dryRun is a query parameter"},
		{"POST", "/erasures", `{"email":"a@b.c","suppress":"true"}`, 400, "", "suppress must be true or false"},
		{"POST", "/erasures", `{"email":"a@b.c","suppress":null}`, 400, "", "suppress must be true or false"},
		{"POST", "/erasures", `{"email":"a@b.c","phoneNumber":"123"}`, 400, "", "Exactly one of email and phoneNumber"},
		{"POST", "/erasures", `{}`, 400, "", "required"},
		{"POST", "/erasures", `{"email":"secret"}`, 400, "email", "exactly one @"},
		{"POST", "/erasures", `["a@b.c"]`, 400, "", "not an object"},
	} {
		h, e := erasing(t, nil)
		got := wantProblem(t, do(h, request(c.method, c.path, c.body)), c.status, c.field, c.part)
		if strings.Contains(got.Detail, "secret") || len(e.asked) > 0 {
			t.Errorf("%s %s %s: detail %q, asked %q", c.method, c.path, c.body, got.Detail, e.asked)
		}
	}
}

// Fails when an error of the linker gets the wrong status.
func TestEraseAnswersErrors(t *testing.T) {
	t.Parallel()
	for code, status := range map[identity.Code]int{identity.CodeRecordNotFound: 404, identity.CodeErasureKeyMissing: 409, identity.CodeContactErased: 410} {
		h, _ := erasing(t, &identity.Error{Code: code, Detail: "The detail."})
		wantProblem(t, do(h, request("DELETE", "/contacts/7", "")), status, "", "The detail.")
		if status != http.StatusGone { // a value has no tombstone
			wantProblem(t, do(h, request("POST", "/erasures", `{"email":"a@b.c"}`)), status, "", "The detail.")
		}
	}
}

// Fails when a request that might do its work twice is answered as if repeating it were safe, or one that is safe
// to repeat as if it were not.
func TestOutcomeUnknown(t *testing.T) {
	t.Parallel()
	h, _ := erasing(t, &identity.Error{Code: identity.CodeUnavailable, Detail: "Too busy."})
	for _, c := range []struct{ method, path, body, key, code string }{
		{http.MethodPost, "/erasures", `{"email":"a@example.com"}`, "", "outcome-unknown"},
		{http.MethodPost, "/erasures", `{"email":"a@example.com"}`, "once", "unavailable"},
		{http.MethodPost, "/erasures?dryRun=true", `{"email":"a@example.com"}`, "", "unavailable"},
		{http.MethodDelete, "/contacts/1", "", "", "unavailable"},
	} {
		r, w := request(c.method, c.path, c.body), httptest.NewRecorder()
		if c.key != "" {
			r.Header.Set("Idempotency-Key", c.key)
		}
		h.ServeHTTP(w, r)
		if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), `"code":"`+c.code+`"`) || w.Header().Get("Retry-After") != "1" {
			t.Errorf("%s %s with the key %q: %d %s", c.method, c.path, c.key, w.Code, w.Body)
		}
	}
}
