package api_test

import (
	"context"
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

// Catches an error that is answered with the wrong status, one whose text
// reaches the client, one that is not logged or logged twice, and an error text
// of unknown origin in the log: it may quote a customer's value.
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
			503, "Try later.", "WARN", "unavailable: Try later.: mysql error 1040",
		},
		{
			"deadline", fmt.Errorf("link: %w", context.DeadlineExceeded),
			503, "took too long", "WARN", "*fmt.wrapError: context.deadlineExceededError",
		},
		{
			"internal", &identity.Error{Code: identity.CodeInternal, Err: errors.New("mysql error 1064")},
			500, "error on our side", "ERROR", "internal: mysql error 1064",
		},
		{"unknown", driverError{}, 500, "error on our side", "ERROR", "api_test.driverError"},
		{"unknown, wrapped", fmt.Errorf("secret: %w", driverError{}), 500, "error on our side", "ERROR", "*fmt.wrapError: api_test.driverError"},
		{"invalid", &identity.Error{Code: identity.CodeInvalid, Field: identity.FieldEmail, Detail: "No."}, 400, "No.", "INFO", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o, log := options(t, failing(c.err))
			w := post(api.New(o), `{"email":"secret@b.c"}`)
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
				t.Errorf("a value came out: %s", text)
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

// Catches a linker that answers for too few, which would otherwise panic or
// give one customer another's answer.
func TestWrongNumberOfClusters(t *testing.T) {
	t.Parallel()
	o, log := options(t, failing(nil))
	wantProblem(t, post(api.New(o), `{"phoneNumber":"1"}`), http.StatusInternalServerError, "", "error on our side")
	if line := logLines(t, log)[0]; line["error"] != "internal: the linker did not answer with one cluster" {
		t.Errorf("logged %v", line)
	}
}

// Catches a panic that takes the connection down, one that leaves no trace, and
// one whose value, which may quote a customer, is logged.
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
			w := post(api.New(o), `{"phoneNumber":"1"}`)
			wantProblem(t, w, http.StatusInternalServerError, "", "error on our side")
			if strings.Contains(log.String(), "secret") {
				t.Errorf("a value came out: %s", log)
			}
			line := logLines(t, log)[0]
			stack, _ := line["stack"].(string)
			if line["error"] != c.cause || !strings.Contains(stack, "TestPanic") {
				t.Errorf("logged %v with stack %q", line["error"], stack)
			}
		})
	}
}

// Catches a request without a deadline: it would hang as long as the database.
func TestDeadline(t *testing.T) {
	t.Parallel()
	o, _ := options(t, linkFunc(func(ctx context.Context, _ []identity.Observation) ([]identity.Cluster, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}))
	o.RequestTimeout = 20 * time.Millisecond
	began := time.Now()
	wantProblem(t, post(api.New(o), `{"phoneNumber":"1"}`), http.StatusServiceUnavailable, "", "took too long")
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("it took %s", took)
	}
}

// Catches a client that hung up being logged as a failure of the service.
func TestClientGone(t *testing.T) {
	t.Parallel()
	ctx, leave := context.WithCancel(t.Context())
	o, log := options(t, linkFunc(func(ctx context.Context, _ []identity.Observation) ([]identity.Cluster, error) {
		leave()
		<-ctx.Done()
		return nil, &identity.Error{Code: identity.CodeUnavailable, Err: ctx.Err()}
	}))
	r := httptest.NewRequest(http.MethodPost, "/identify", strings.NewReader(`{"phoneNumber":"1"}`))
	do(api.New(o), r.WithContext(ctx))
	line := logLines(t, log)[0]
	if line["level"] != "INFO" || line["status"] != 499.0 || line["error"] != nil {
		t.Errorf("logged %v", line)
	}
}

// Catches a body that trickles in and holds its connection for ever, and an
// answer to it that blames the server.
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
	fmt.Fprint(conn, "POST /identify HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
	conn.SetReadDeadline(time.Now().Add(10 * time.Second)) //nolint:errcheck // the read below would tell
	answer, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(answer), "HTTP/1.1 408 ") || !strings.Contains(string(answer), "took too long to arrive") {
		t.Errorf("got %s", answer)
	}
}

// Catches an id from outside that breaks a log line or a header, and one that
// gets lost on the way: a customer's complaint could not be found in the log.
func TestRequestID(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 64)
	for _, c := range []struct {
		sent string
		kept bool
	}{
		{"abc-DEF_1.2", true},
		{long, true},
		{long + "a", false},
		{"", false},
		{"a b", false},
		{"a@b.c", false},
		{"a\"b", false},
		{"é", false},
	} {
		o, log := options(t, linkertest.NewReference(1))
		r := httptest.NewRequest(http.MethodGet, "/nothing", nil)
		r.Header.Set("X-Request-Id", c.sent)
		w := do(api.New(o), r)
		got := wantProblem(t, w, http.StatusNotFound, "", "Nothing is at this path").RequestID
		if kept := got == c.sent; kept != c.kept {
			t.Errorf("%q became %q", c.sent, got)
		}
		if line := logLines(t, log)[0]; line["request_id"] != got {
			t.Errorf("logged %v, answered %q", line["request_id"], got)
		}
	}
}

// Catches a raw path, a query, an address or a value in the access log, and a
// missing field.
func TestAccessLog(t *testing.T) {
	t.Parallel()
	o, log := options(t, linkertest.NewReference(1))
	h := api.New(o)
	r := httptest.NewRequest(http.MethodPost, "/identify?email=secret@b.c", strings.NewReader(`{"email":"secret@b.c"}`))
	r.Header.Set("X-Request-Id", "one")
	size := do(h, r).Body.Len()
	r = httptest.NewRequest(http.MethodGet, "/nothing/secret@b.c", nil)
	r.Header.Set("X-Request-Id", "two")
	do(h, r)
	if text := log.String(); strings.Contains(text, "secret") || strings.Contains(text, "192.0.2") {
		t.Errorf("a value or an address came out: %s", text)
	}
	want := []map[string]any{
		{"level": "INFO", "msg": "request", "method": "POST", "route": "/identify", "status": 200.0, "bytes": float64(size), "request_id": "one"},
		{"level": "INFO", "msg": "request", "method": "GET", "route": "", "status": 404.0, "request_id": "two"},
	}
	passing := cmpopts.IgnoreMapEntries(func(k string, v any) bool {
		_, number := v.(float64)
		return k == "time" || k == "duration_ms" && number || k == "bytes" && v != float64(size)
	})
	if diff := cmp.Diff(want, logLines(t, log), passing); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
