package main

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/identikit/identikit/internal/mysqltest"
)

// Fails when a key may send more than its quota, when another key has to suffer for that, when a batch costs
// one request, or when the headers do not tell what is left.
func TestQuota(t *testing.T) {
	t.Parallel()
	p := serve(t, databaseURL(mysqltest.NewDB(t)), "AUTH=required", "ADMIN_KEY="+adminKey, "RATE_LIMIT=1000", "RATE_BURST=5000")
	p.accepted(t, adminKey, http.StatusNotFound)
	_, slow := p.newKey(t, adminKey, `{"name":"slow","scopes":["identify","contacts:read"],"requestsPerSecond":1,"burst":3}`)
	_, usual := p.newKey(t, adminKey, `{"name":"usual","scopes":["identify","contacts:read"]}`)
	p.accepted(t, usual, http.StatusNotFound)
	p.accepted(t, slow, http.StatusNotFound)
	describes := regexp.MustCompile(`^"key";r=(\d+);t=\d+$`)
	left := func(r reply) int {
		found := describes.FindStringSubmatch(r.header.Get("RateLimit"))
		if found == nil {
			t.Fatalf("RateLimit: %q", r.header.Get("RateLimit"))
		}
		n, _ := strconv.Atoi(found[1])
		return n
	}
	refused := reply{}
	for range 50 { // far more than come back in the meantime
		if r := p.as(t, slow, http.MethodPost, "/identify", pair(1)); r.status == http.StatusTooManyRequests {
			refused = r
			break
		}
	}
	if refused.status == 0 || left(refused) != 0 || refused.header.Get("Retry-After") != "1" || refused.header.Get("RateLimit-Policy") != `"key";q=3;w=3` ||
		!strings.Contains(refused.body, "quota") {
		t.Errorf("%v %s", refused.header, refused.body)
	}
	one := p.as(t, usual, http.MethodGet, "/contacts/1", "")
	if one.status != http.StatusOK || one.header.Get("RateLimit-Policy") != `"key";q=5000;w=5` {
		t.Errorf("another key: %d %v", one.status, one.header)
	}
	elements := make([]string, 1000)
	for i := range elements {
		elements[i] = pair(i)
	}
	batch := p.as(t, usual, http.MethodPost, "/identify/batch", "["+strings.Join(elements, ",")+"]")
	if cost := 5000 - left(batch); batch.status != http.StatusOK || cost < 900 {
		t.Errorf("a batch of 1000 costs %d: %d", cost, batch.status)
	}
}

// Fails when wrong keys can be sent without end, when a proxy cannot say who sends them, or anybody can.
func TestFailedAuthentications(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	direct := serve(t, databaseURL(db), "AUTH=required", "ADMIN_KEY="+adminKey)
	behind := serve(t, databaseURL(db), "AUTH=required", "ADMIN_KEY="+adminKey, "TRUSTED_PROXIES=127.0.0.1")
	attack := func(p *program, from func(n int) string) (statuses map[int]int) {
		statuses = map[int]int{}
		for n := range 100 {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+"/contacts/1", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer idk_wrong_key")
			r.Header.Set("X-Forwarded-For", from(n))
			answer, err := do(r)
			if err != nil {
				t.Fatal(err)
			}
			statuses[answer.status]++
		}
		return statuses
	}
	direct.accepted(t, adminKey, http.StatusNotFound)
	behind.accepted(t, adminKey, http.StatusNotFound)
	another := func(n int) string { return fmt.Sprintf("192.0.2.%d", n) }
	same := func(int) string { return "192.0.2.1" }
	if got := attack(direct, another); got[http.StatusTooManyRequests] == 0 {
		t.Errorf("a client can say that it is somebody else: %v", got)
	}
	if got := attack(behind, another); got[http.StatusTooManyRequests] > 0 {
		t.Errorf("clients behind a proxy suffer for each other: %v", got)
	}
	if got := attack(behind, same); got[http.StatusTooManyRequests] == 0 {
		t.Errorf("a client behind a proxy has no limit: %v", got)
	}
	if r := direct.as(t, adminKey, http.MethodGet, "/contacts/999", ""); r.status != http.StatusNotFound {
		t.Errorf("the right key from that address: %d", r.status)
	}
}

// guess sends a request with a key that does not exist, or with a session of the key 1 that does not.
func (p *program) guess(key string, n int64) (reply, error) {
	path := []string{"/identify", "/erasures", "/keys"}[n%3]
	if n%5 != 0 {
		return p.again(key, "", path, pair(1))
	}
	r, err := http.NewRequest(http.MethodPost, p.url+path, strings.NewReader(pair(1)))
	if err != nil {
		return reply{}, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.AddCookie(&http.Cookie{Name: "__Host-identikit", Value: fmt.Sprintf("1.%026d.%032d", n, n)})
	return do(r)
}

// Fails when guessing keys or sessions costs a query, or when a wrong key gets another answer than it should. What the
// service asks anyway is whether the keys have changed, whether the server is still the one that writes, and what
// it does every few seconds or once an hour.
func TestBruteForceCostsNoQuery(t *testing.T) {
	t.Parallel()
	proxy, through := newCommitDropper(t, mysqltest.NewDB(t))
	p := serve(t, "DATABASE_URL="+through, "AUTH=required", "ADMIN_KEY="+adminKey)
	p.accepted(t, "wrong", http.StatusUnauthorized)
	proxy.requests()
	const guesses, callers = 10_000, 16
	var statuses [600]atomic.Int64
	var next atomic.Int64
	var running sync.WaitGroup
	for range callers {
		running.Go(func() {
			for n := next.Add(1); n <= guesses; n = next.Add(1) {
				key := fmt.Sprintf("idk_%012d_%026d", n%7, n)
				if n%2 == 0 {
					key = fmt.Sprintf("%s-%d", adminKey, n)
				}
				r, err := p.guess(key, n)
				if err != nil {
					t.Error(err)
					return
				}
				statuses[r.status].Add(1)
			}
		})
	}
	running.Wait()
	refused, limited := statuses[http.StatusUnauthorized].Load(), statuses[http.StatusTooManyRequests].Load()
	t.Logf("%d × 401, %d × 429", refused, limited)
	if refused+limited != guesses || limited == 0 {
		t.Errorf("of %d guesses, %d got 401 and %d got 429", guesses, refused, limited)
	}
	asked, polls := proxy.requests(), 0
	for _, text := range asked {
		switch _, query, _ := strings.Cut(text, "-- name: "); {
		case strings.Contains(text, "FROM api_key_version"):
			polls++
		case query != "" && !regexp.MustCompile(`^(ListOldIdempotencyKeys|ListOldestSets|DeleteOldOutcomes|FindSurvey) `).MatchString(query):
			t.Errorf("the service asked %q", text)
		}
	}
	if polls == 0 {
		t.Error("not even the keys were looked at: the proxy sees nothing")
	}
}
