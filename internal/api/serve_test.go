package api_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/identikit/identikit/internal/api"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker/linkertest"
)

// driverError quotes a value, as errors of the MySQL driver do.
type driverError struct{}

func (driverError) Error() string { return "Duplicate entry 'secret@b.c' for key 'contacts_email'" }

// Fails when an error gets the wrong status, when its text reaches the client, when it is not
// logged exactly once, or when the text of an unknown error is logged: it may quote a value.
func TestErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name         string
		err          error
		status       int
		detail       string
		level, cause string
	}{
		{
			"unavailable", &identity.Error{Code: identity.CodeUnavailable, Detail: "Try later.", Err: errors.New("mysql error 1040")},
			503, "Try later.", "WARN", "Try later. Cause: mysql error 1040",
		},
		{
			"deadline", fmt.Errorf("link: %w", context.DeadlineExceeded),
			503, "It may have been carried out; repeating it is safe.", "WARN", "*fmt.wrapError: context.deadlineExceededError",
		},
		{
			"internal", &identity.Error{Code: identity.CodeInternal, Err: errors.New("mysql error 1064")},
			500, "error in the service", "ERROR", "internal-error: mysql error 1064",
		},
		{"unknown", driverError{}, 500, "error in the service", "ERROR", "api_test.driverError"},
		{"unknown, wrapped", fmt.Errorf("secret: %w", driverError{}), 500, "error in the service", "ERROR", "*fmt.wrapError: api_test.driverError"},
		{"invalid", &identity.Error{Code: identity.CodeInvalidValue, Field: identity.FieldEmail, Detail: "No."}, 400, "No.", "INFO", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o, log := options(t, failing(c.err))
			w := post(api.NewChecked(t, o), `{"email":"secret@b.c"}`)
			field := ""
			if c.status == 400 {
				field = "email"
			}
			wantProblem(t, w, c.status, field, c.detail)
			retry := w.Header().Get("Retry-After")
			if want := map[int]string{503: "1"}[c.status]; retry != want {
				t.Errorf("Retry-After: got %q, want %q", retry, want)
			}
			if text := log.String() + w.Body.String(); strings.Contains(text, "secret") {
				t.Errorf("a value leaked: %s", text)
			}
			lines := logLines(t, log)
			if len(lines) != 1 {
				t.Fatalf("got %d lines: %v", len(lines), lines)
			}
			cause, _ := lines[0]["error"].(string)
			if lines[0]["level"] != c.level || cause != c.cause {
				t.Errorf("logged %v %q, want %s %q", lines[0]["level"], cause, c.level, c.cause)
			}
		})
	}
}

// Fails when a linker that returns too few clusters causes a panic or gives one client the answer
// of another.
func TestWrongNumberOfClusters(t *testing.T) {
	t.Parallel()
	o, log := options(t, failing(nil))
	wantProblem(t, post(api.NewChecked(t, o), `{"phoneNumber":"1"}`), http.StatusInternalServerError, "", "error in the service")
	if line := logLines(t, log)[0]; line["error"] != "internal-error: the linker did not answer with one cluster" {
		t.Errorf("logged %v", line)
	}
}

// Fails when a panic closes the connection, is not logged, or is logged with its value, which may
// quote a customer's data.
func TestPanic(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		value any
		cause string
	}{
		{"a value", "secret@b.c", "panic: a value of type string"},
		{"an error", errors.New("secret@b.c"), "panic: a value of type *errors.errorString"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o, log := options(t, linkFunc(func(context.Context, []identity.Observation) ([]identity.Cluster, error) {
				panic(c.value)
			}))
			w := post(api.NewChecked(t, o), `{"phoneNumber":"1"}`)
			wantProblem(t, w, http.StatusInternalServerError, "", "error in the service")
			if strings.Contains(log.String(), "secret") {
				t.Errorf("a value leaked: %s", log)
			}
			line := logLines(t, log)[0]
			stack, _ := line["stack"].(string)
			if line["error"] != c.cause || !strings.Contains(stack, "TestPanic") {
				t.Errorf("logged %v with stack %q", line["error"], stack)
			}
		})
	}
}

// Fails when a request has no deadline and waits as long as the database does.
func TestDeadline(t *testing.T) {
	t.Parallel()
	o, _ := options(t, linkFunc(func(ctx context.Context, _ []identity.Observation) ([]identity.Cluster, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}))
	o.RequestTimeout = 20 * time.Millisecond
	began := time.Now()
	wantProblem(t, post(api.NewChecked(t, o), `{"phoneNumber":"1"}`), http.StatusServiceUnavailable, "", "took too long")
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("it took %s", took)
	}
}

// Fails when a client that disconnects is logged as a failure of the service.
func TestClientGone(t *testing.T) {
	t.Parallel()
	ctx, leave := context.WithCancel(t.Context())
	o, log := options(t, linkFunc(func(ctx context.Context, _ []identity.Observation) ([]identity.Cluster, error) {
		leave()
		<-ctx.Done()
		return nil, &identity.Error{Code: identity.CodeUnavailable, Err: ctx.Err()}
	}))
	r := httptest.NewRequest(http.MethodPost, "/identify", strings.NewReader(`{"phoneNumber":"1"}`))
	do(api.NewChecked(t, o), r.WithContext(ctx))
	line := logLines(t, log)[0]
	if line["level"] != "INFO" || line["status"] != 499.0 || line["error"] != nil {
		t.Errorf("logged %v", line)
	}
}

// Fails when a slow body holds its connection indefinitely, or when the answer to it blames the
// server.
func TestSlowBody(t *testing.T) {
	t.Parallel()
	h, _ := handler(t)
	server := httptest.NewUnstartedServer(h)
	server.Config.ReadTimeout = 100 * time.Millisecond
	server.Start()
	t.Cleanup(server.Close)
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "POST /identify HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
	conn.SetReadDeadline(time.Now().Add(10 * time.Second)) //nolint:errcheck // the read below fails then
	answer, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(answer), "HTTP/1.1 408 ") || !strings.Contains(string(answer), "took too long to arrive") {
		t.Errorf("got %s", answer)
	}
}

// Fails when the client's id is replaced, which makes a request hard to find in the log, or when an
// id that may be a value is logged.
func TestRequestID(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		sent string
		kept bool
	}{
		{"0b1e7a52-96c4-4d5f-8a3b-2f60c19d7e84", true},
		{"0B1E7A52-96C4-4D5F-8A3B-2F60C19D7E84", true},
		{"01K3ZJ6WQ8X4T9N5V7B2M1R0CD", true},
		{"4bf92f3577b34da6a3ce929d0e0e4736", true},
		{rand.Text(), true},
		{"", false},
		{"a", false},
		{"req-1", false},
		{"+14155550132", false},
		{"14155550132", false},
		{"a@b.c", false},
		{"lorraine.baines-hillvalley", false},
		{"lorrainebainesofhillvalley", false},
		{strings.Repeat("1", 26), false},
		{strings.Repeat("1", 32), false},
		{"14155550-1321-4155-8501-321415555013", false},
		{"4bf92f3577b34da6a3ce929d0e0e473", false},
		{"4bf92f3577b34da6a3ce929d0e0e47366", false},
		{"4bf92f3577b34da6a3ce929d0e0e473é", false},
		{"0b1e7a52-96c4-4d5f-8a3b-2f60c19d7e84\n", false},
		{"0b1e7a52-96c4-4d5f-8a3b-2f60c19d7e84 a@b.c", false},
		{"91K3ZJ6WQ8X4T9N5V7B2M1R0CD", false},
	} {
		o, log := options(t, linkertest.NewReference(1))
		r := httptest.NewRequest(http.MethodGet, "/nothing", nil)
		r.Header.Set("X-Request-Id", c.sent)
		w := do(api.NewChecked(t, o), r)
		got := wantProblem(t, w, http.StatusNotFound, "", "There is nothing at this path").RequestID
		if kept := got == c.sent; kept != c.kept {
			t.Errorf("%q became %q", c.sent, got)
		}
		if line := logLines(t, log)[0]; line["request_id"] != got {
			t.Errorf("logged %v, answered %q", line["request_id"], got)
		}
	}
}

// Fails when the access log contains a raw path, a query, an address or a value, or lacks a field.
func TestAccessLog(t *testing.T) {
	t.Parallel()
	o, log := options(t, linkertest.NewReference(1))
	h := api.NewChecked(t, o)
	const (
		one   = "0b1e7a52-96c4-4d5f-8a3b-2f60c19d7e81"
		two   = "0b1e7a52-96c4-4d5f-8a3b-2f60c19d7e82"
		three = "0b1e7a52-96c4-4d5f-8a3b-2f60c19d7e83"
		four  = "0b1e7a52-96c4-4d5f-8a3b-2f60c19d7e84"
		five  = "0b1e7a52-96c4-4d5f-8a3b-2f60c19d7e85"
	)
	r := httptest.NewRequest(http.MethodPost, "/identify", strings.NewReader(`{"email":"secret@b.c"}`))
	r.Header.Set("X-Request-Id", one)
	size := do(h, r).Body.Len()
	for _, c := range [][2]string{
		{two, "/customers/secret@b.c"}, {three, "/contacts/secret@b.c"}, {four, "/contacts?email=secret"}, {five, "/contacts?secret@b.c"},
	} {
		r = httptest.NewRequest(http.MethodGet, c[1], nil)
		r.Header.Set("X-Request-Id", c[0])
		do(h, r)
	}
	if text := log.String(); strings.Contains(text, "secret") || strings.Contains(text, "192.0.2") {
		t.Errorf("a value or an address leaked: %s", text)
	}
	want := []map[string]any{
		{"level": "INFO", "msg": "request", "method": "POST", "route": "/identify", "status": 200.0, "bytes": float64(size), "request_id": one},
		{"level": "INFO", "msg": "request", "method": "GET", "route": "", "status": 404.0, "request_id": two, "code": "path-not-found"},
		{"level": "INFO", "msg": "request", "method": "GET", "route": "/contacts/:id", "status": 400.0, "request_id": three, "code": "invalid-request"},
		{"level": "INFO", "msg": "request", "method": "GET", "route": "/contacts", "status": 400.0, "request_id": four, "code": "invalid-value"},
		{"level": "INFO", "msg": "request", "method": "GET", "route": "/contacts", "status": 400.0, "request_id": five, "code": "invalid-request"},
	}
	passing := cmpopts.IgnoreMapEntries(func(k string, v any) bool {
		_, number := v.(float64)
		return k == "time" || k == "duration_ms" && number || k == "bytes" && v != float64(size)
	})
	if diff := cmp.Diff(want, logLines(t, log), passing); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
