package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/api"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker/linkertest"
)

const batchID = "0b1e7a52-96c4-4d5f-8a3b-2f60c19d7e84"

// postBatch sends body as JSON to /identify/batch with a request id.
func postBatch(h http.Handler, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/identify/batch", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Request-Id", batchID)
	return do(h, r)
}

// Fails when a malformed element affects the others or has the wrong index, or when the answer
// differs from that of the elements sent one by one.
func TestBatchAnswersEachElement(t *testing.T) {
	t.Parallel()
	h, reference := handler(t)
	w := postBatch(h, `[{"email":"a@b.c","phoneNumber":1},{"email":"a"},{"email":"d@b.c","phoneNumber":"1"},7,null,{},{"phoneNumber":1e5}]`)
	const value = `{"problem":{"type":"/problems/invalid-value","title":"Invalid value","status":400,"code":"invalid-value","detail":`
	const request = `{"problem":{"type":"/problems/invalid-request","title":"Invalid request","status":400,"code":"invalid-request","detail":`
	const object = `Send an object such as {\"email\":\"lorraine@hillvalley.edu\",\"phoneNumber\":\"123456\"}.","requestId":"` + batchID + `","index":`
	want := `[{"contact":{"primaryContactId":1,"emails":["a@b.c"],"phoneNumbers":["1"],"secondaryContactIds":[]}},` +
		value + `"An e-mail address must have exactly one @ with something on both sides.","field":"email","requestId":"` + batchID + `","index":1}},` +
		`{"contact":{"primaryContactId":1,"emails":["a@b.c","d@b.c"],"phoneNumbers":["1"],"secondaryContactIds":[2]}},` +
		request + `"The body is valid JSON but not an object. ` + object + `3}},` +
		request + `"The body is null, not an object. ` + object + `4}},` +
		request + `"At least one of email and phoneNumber is required.","requestId":"` + batchID + `","index":5}},` +
		value + `"phoneNumber must be a string such as \"+14155550132\", a whole number of digits only such as 123456, or null.",` +
		`"field":"phoneNumber","requestId":"` + batchID + `","index":6}}]` + "\n"
	if diff := cmp.Diff(want, w.Body.String()); diff != "" || w.Code != http.StatusOK {
		t.Errorf("%d (-want +got):\n%s", w.Code, diff)
	}
	if got := len(reference.Rows()); got != 2 {
		t.Errorf("%d contacts, want 2", got)
	}
}

// Fails when the elements are not linked in one call, which is one transaction, or when a batch
// without a well-formed element fails.
func TestBatchLinksOnce(t *testing.T) {
	t.Parallel()
	reference := linkertest.NewReference(1)
	var calls []int
	o, _ := options(t, linkFunc(func(ctx context.Context, seen []identity.Observation) ([]identity.Cluster, error) {
		calls = append(calls, len(seen))
		return reference.Link(ctx, seen)
	}))
	h := api.NewChecked(t, o)
	for body, want := range map[string]string{"[]": "[]\n", "[" + strings.Repeat(`{"phoneNumber":5},`, 999) + `{}]`: ""} {
		w := postBatch(h, body)
		if w.Code != http.StatusOK || want != "" && w.Body.String() != want {
			t.Errorf("got %d %.80s", w.Code, w.Body)
		}
	}
	if len(calls) != 2 || calls[0]+calls[1] != 999 {
		t.Errorf("calls with %v observations, want one with 999 and one with none", calls)
	}
}

// Fails when a body that is not a batch or is too large is accepted, or when the detail names the
// wrong reason.
func TestBatchRefuses(t *testing.T) {
	t.Parallel()
	h, reference := handler(t)
	for _, c := range []struct {
		name, body string
		status     int
		detail     string
	}{
		{"an object", `{"email":"a@b.c"}`, 400, "array of at most 1000 objects"},
		{"null", `null`, 400, "array"},
		{"nothing", ``, 400, "not valid JSON"},
		{"broken", `[{"email":"a@b.c"}`, 400, "not valid JSON"},
		{"not text", "[{\"email\":\"a\xff@b.c\"}]", 400, "UTF-8"},
		{"too many", "[" + strings.Repeat(`{"phoneNumber":5},`, 1000) + `{}]`, 413, "at most 1000"},
		{"too large", `["` + strings.Repeat("x", 1<<20) + `"]`, 413, "1048576 bytes"},
	} {
		w := postBatch(h, c.body)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.detail) {
			t.Errorf("%s: got %d %.200s, want %d and %q", c.name, w.Code, w.Body, c.status, c.detail)
		}
	}
	if got := len(reference.Rows()); got != 0 {
		t.Errorf("%d contacts were stored", got)
	}
}

// Fails when a batch of the longest values exceeds the limit of the body.
func TestBatchAcceptsLongestValues(t *testing.T) {
	t.Parallel()
	h, _ := handler(t)
	elements := make([]string, 1000)
	for i := range elements {
		elements[i] = fmt.Sprintf(`{"email":"%s%03d@example.com","phoneNumber":"%032d"}`, strings.Repeat("x", 230), i, i)
	}
	if w := postBatch(h, "["+strings.Join(elements, ",")+"]"); w.Code != http.StatusOK || strings.Contains(w.Body.String(), "problem") {
		t.Errorf("got %d %.200s", w.Code, w.Body)
	}
}

// hubs returns a linker that answers every observation with the same cluster of n e-mail addresses.
func hubs(n int) (api.Linker, *atomic.Int64) {
	cluster := identity.Cluster{PrimaryID: 1, Emails: make([]string, n), Phones: []string{}, SecondaryIDs: make([]uint64, n-1)}
	for i := range cluster.Emails {
		cluster.Emails[i] = fmt.Sprintf("member%04d.of.the.hub@example.com", i)
		if i > 0 {
			cluster.SecondaryIDs[i-1] = uint64(i + 1)
		}
	}
	var linked atomic.Int64
	return linkFunc(func(_ context.Context, seen []identity.Observation) ([]identity.Cluster, error) {
		linked.Add(int64(len(seen)))
		clusters := make([]identity.Cluster, len(seen))
		for i := range clusters {
			clusters[i] = cluster
		}
		return clusters, nil
	}), &linked
}

func batchOf(n int) string {
	return "[" + strings.Repeat(`{"phoneNumber":5},`, n-1) + `{"phoneNumber":5}]`
}

// Fails when a small batch can have an answer that exhausts the memory, when the refusal does not
// say that the batch was linked and what to do, or when an answer that fits is refused.
func TestBatchBoundsItsAnswer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ members, elements, status int }{
		{1000, 1000, 413}, {1000, 101, 413}, {1000, 100, 200}, {100, 1000, 200}, {100_001, 1, 200}, {50_001, 2, 413},
	} {
		l, linked := hubs(c.members)
		o, _ := options(t, l)
		w := postBatch(api.NewChecked(t, o), batchOf(c.elements))
		if w.Code != c.status || linked.Load() != int64(c.elements) {
			t.Errorf("%+v: got %d %.200s; %d linked", c, w.Code, w.Body, linked.Load())
		}
		if c.status == 413 {
			wantProblem(t, w, 413, "", "All observations were linked")
			wantProblem(t, w, 413, "", "Send smaller batches")
		}
	}
}

// largestWrite records the size of the largest write.
type largestWrite struct {
	*httptest.ResponseRecorder
	most int
}

func (w *largestWrite) Write(b []byte) (int, error) {
	w.most = max(w.most, len(b))
	return w.ResponseRecorder.Write(b)
}

// Fails when the whole answer is built in memory before it is sent.
func TestBatchAnswerIsSentInParts(t *testing.T) {
	t.Parallel()
	l, _ := hubs(1000)
	o, _ := options(t, l)
	w := &largestWrite{httptest.NewRecorder(), 0}
	api.NewChecked(t, o).ServeHTTP(w, request("POST", "/identify/batch", batchOf(100)))
	var elements []json.RawMessage
	if err := json.Unmarshal(w.Body.Bytes(), &elements); err != nil || len(elements) != 100 {
		t.Fatalf("%d elements, %v", len(elements), err)
	}
	if size := w.Body.Len(); w.most > size/50 {
		t.Errorf("%d of %d bytes were sent at once", w.most, size)
	}
}

// Fails when more batches run than are allowed, when a batch that times out while waiting is
// linked, or when a batch that ends keeps its slot.
func TestBatchesWaitForEachOther(t *testing.T) {
	t.Parallel()
	entered, leave := make(chan struct{}), make(chan struct{})
	reference := linkertest.NewReference(1)
	o, _ := options(t, linkFunc(func(ctx context.Context, seen []identity.Observation) ([]identity.Cluster, error) {
		if len(seen) == 2 {
			entered <- struct{}{}
			<-leave
		}
		return reference.Link(ctx, seen)
	}))
	o.MaxBatches = 2
	slow := api.NewChecked(t, o)
	var running sync.WaitGroup
	for range 2 {
		running.Go(func() {
			if w := postBatch(slow, batchOf(2)); w.Code != http.StatusOK {
				t.Errorf("a slow one: got %d %s", w.Code, w.Body)
			}
		})
		<-entered
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	w := do(slow, request("POST", "/identify/batch", `[{"email":"third@b.c"}]`).WithContext(ctx))
	wantProblem(t, w, http.StatusServiceUnavailable, "", "Too many batches")
	if w.Header().Get("Retry-After") != "1" {
		t.Error("there is no Retry-After")
	}
	if w := post(slow, `{"email":"single@b.c"}`); w.Code != http.StatusOK { // others do not wait
		t.Errorf("/identify: got %d %s", w.Code, w.Body)
	}
	close(leave)
	running.Wait()
	if w := postBatch(slow, `[{"email":"fourth@b.c"}]`); w.Code != http.StatusOK {
		t.Errorf("after them: got %d %s", w.Code, w.Body)
	}
	for _, row := range reference.Rows() {
		if row.Email == "third@b.c" {
			t.Error("the batch that timed out while waiting was linked")
		}
	}
}

// brokenWriter is a connection that its client has closed.
type brokenWriter struct{ *httptest.ResponseRecorder }

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

// Fails when a client that does not read its answer is logged as a failure of the service, or when
// its batch keeps its slot.
func TestBatchClientDisconnects(t *testing.T) {
	t.Parallel()
	o, log := options(t, linkertest.NewReference(1))
	o.MaxBatches = 1
	h := api.NewChecked(t, o)
	h.ServeHTTP(brokenWriter{httptest.NewRecorder()}, request("POST", "/identify/batch", batchOf(2)))
	if line := logLines(t, log)[0]; line["level"] != "WARN" {
		t.Errorf("logged %v", line)
	}
	if w := postBatch(h, batchOf(2)); w.Code != http.StatusOK {
		t.Errorf("the next: got %d %s", w.Code, w.Body)
	}
}
