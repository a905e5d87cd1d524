package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

const testKey = "idk_4zjq7x2m5c6a_5qxkd3vj2t6mzrb7h4wynacf2e"

// answering starts a server that answers the nth request by the nth function, and all others by the last one. It
// returns a client of it, and the requests that have arrived.
func answering(t *testing.T, o Options, answers ...http.HandlerFunc) (*Client, func() []*http.Request) {
	t.Helper()
	var mu sync.Mutex
	var got []*http.Request
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		got = append(got, r)
		answer := answers[min(len(got), len(answers))-1]
		mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	o.Backoff = time.Millisecond
	c, err := New(server.URL, o)
	if err != nil {
		t.Fatal(err)
	}
	return c, func() []*http.Request { mu.Lock(); defer mu.Unlock(); return slices.Clone(got) }
}

func status(code int, retryAfter string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if retryAfter != "" {
			w.Header().Set("Retry-After", retryAfter)
		}
		w.WriteHeader(code)
		fmt.Fprint(w, "<html>a proxy answers</html>")
	}
}

func ok(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"status":"ok"}`) }

func cut(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// Fails when what may pass is not repeated, when what is refused is repeated, or when the number of repetitions
// is not bounded.
func TestRepetitions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		answers []http.HandlerFunc
		sent    int
		status  int // of the problem; 0 for success, -1 for no answer
	}{
		{"success", []http.HandlerFunc{ok}, 1, 0},
		{"three passing failures", []http.HandlerFunc{status(503, "0"), status(429, "0"), cut, ok}, 4, 0},
		{"proxies", []http.HandlerFunc{status(502, ""), status(504, ""), ok}, 3, 0},
		{"the first attempt is still running", []http.HandlerFunc{cut, status(409, "1"), ok}, 3, 0},
		{"a refusal", []http.HandlerFunc{status(409, ""), ok}, 1, 409},
		{"an error of the service", []http.HandlerFunc{status(500, ""), ok}, 1, 500},
		{"a redirect", []http.HandlerFunc{status(307, ""), ok}, 1, 307},
		{"always unavailable", []http.HandlerFunc{status(503, "")}, 5, 503},
		{"always cut", []http.HandlerFunc{cut}, 5, -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			client, got := answering(t, Options{}, c.answers...)
			_, err := client.Healthz(t.Context())
			var p *Problem
			switch {
			case errors.As(err, &p):
				if p.Status != c.status || p.Attempts != c.sent {
					t.Errorf("got %d after %d attempts", p.Status, p.Attempts)
				}
			case (err == nil) != (c.status == 0) || c.status > 0:
				t.Errorf("got %v", err)
			}
			if len(got()) != c.sent {
				t.Errorf("sent %d requests, want %d", len(got()), c.sent)
			}
		})
	}
}

// Fails when a client comes back before Retry-After, waits longer than the caller's deadline or MaxWait allows,
// or sends a request after its context has ended.
func TestRetryAfter(t *testing.T) {
	t.Parallel()
	client, _ := answering(t, Options{}, status(503, "1"), ok)
	begun := time.Now()
	if _, err := client.Healthz(t.Context()); err != nil || time.Since(begun) < time.Second {
		t.Errorf("got %v after %s", err, time.Since(begun))
	}
	client, got := answering(t, Options{}, status(503, "20"), ok)
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	var p *Problem
	if _, err := client.Healthz(ctx); !errors.As(err, &p) || p.RetryAfter != 20*time.Second || ctx.Err() != nil || len(got()) != 1 {
		t.Errorf("with a deadline before Retry-After: got %v after %d requests, context %v", err, len(got()), ctx.Err())
	}
	client, got = answering(t, Options{}, status(429, time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)), ok)
	if _, err := client.Healthz(t.Context()); !errors.As(err, &p) || p.RetryAfter < 50*time.Minute || len(got()) != 1 {
		t.Errorf("with an hour: got %v after %d requests", err, len(got()))
	}
	ctx, cancel = context.WithCancel(t.Context())
	client, got = answering(t, Options{}, func(http.ResponseWriter, *http.Request) { cancel(); panic(http.ErrAbortHandler) })
	if _, err := client.Healthz(ctx); !errors.Is(err, context.Canceled) || len(got()) != 1 {
		t.Errorf("canceled: got %v after %d requests", err, len(got()))
	}
}

// Fails when the key or a value of the request is in anything that is printed.
func TestNothingIsPrinted(t *testing.T) {
	t.Parallel()
	o := Options{Key: testKey, Retries: -1}
	client, _ := answering(t, o, cut, status(500, ""), func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"contact":{"primaryContactId":"lorraine@hillvalley.edu"}}`)
	}, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"members":[{"createdAt":"lorraine@hillvalley.edu"}]}`)
	})
	var text strings.Builder
	for range 4 {
		_, err := client.FindContact(t.Context(), Observation{Email: "lorraine@hillvalley.edu"})
		fmt.Fprintf(&text, "%v %+v %#v\n", err, err, err)
	}
	made := NewKey{Secret: testKey}
	encoded, err := json.Marshal(made)
	fmt.Fprintf(&text, "%s %v %s %s\n", encoded, err, client, o.Key)
	for _, value := range []any{client, *client, o, made, o.Key} {
		fmt.Fprintf(&text, "%v %+v %#v %s\n", value, value, value, value)
	}
	slog.New(slog.NewJSONHandler(&text, nil)).Info("x", "client", client, "options", Options{Key: o.Key}.Key, "made", made)
	_, err = New("https://user:"+testKey+"@host", Options{})
	fmt.Fprintln(&text, err)
	_, err = New("https://host", Options{Key: testKey + "\n"})
	fmt.Fprintln(&text, err)
	if strings.Contains(text.String(), testKey[4:]) || strings.Contains(text.String(), "lorraine") {
		t.Errorf("printed:\n%s", &text)
	}
	var decoded NewKey
	if err := json.Unmarshal([]byte(`{"key":"`+testKey+`"}`), &decoded); err != nil || decoded.Secret.Reveal() != testKey {
		t.Errorf("decoded %q, %v", decoded.Secret.Reveal(), err)
	}
}

// Fails when a redirect takes the key to another place.
func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	_, stolen := answering(t, Options{}, ok)
	thief := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the request was redirected") }))
	t.Cleanup(thief.Close)
	client, _ := answering(t, Options{Key: testKey}, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, thief.URL, http.StatusTemporaryRedirect)
	})
	var p *Problem
	if _, err := client.Healthz(t.Context()); !errors.As(err, &p) || p.Status != http.StatusTemporaryRedirect || len(stolen()) != 0 {
		t.Errorf("got %v", err)
	}
}

// Fails when repetitions of one call have different idempotency keys, when two calls have the same, or when the
// caller's is not used.
func TestIdempotencyKeys(t *testing.T) {
	t.Parallel()
	client, got := answering(t, Options{}, cut, status(503, ""), ok)
	for _, call := range []func(context.Context) error{
		func(ctx context.Context) error { _, err := client.CreateKey(ctx, KeyRequest{}); return err },
		func(ctx context.Context) error { _, err := client.RotateKey(ctx, 1, 0); return err },
		func(ctx context.Context) error { _, err := client.EraseValue(ctx, Observation{}); return err },
		func(ctx context.Context) error {
			_, err := client.EraseValue(WithIdempotencyKey(ctx, "mine"), Observation{})
			return err
		},
		func(ctx context.Context) error { _, err := client.EraseValue(ctx, Observation{}, DryRun); return err },
		func(ctx context.Context) error { _, err := client.Identify(ctx, Observation{}); return err },
	} {
		if err := call(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	var keys []string
	for _, r := range got() {
		keys = append(keys, r.Header.Get("Idempotency-Key"))
	}
	if len(keys) != 8 || keys[0] != keys[1] || keys[1] != keys[2] || len(keys[0]) < 20 || keys[2] == keys[3] || keys[3] == keys[4] ||
		keys[5] != "mine" || keys[6] != "" || keys[7] != "" {
		t.Errorf("got %q", keys)
	}
}
