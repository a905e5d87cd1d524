package main

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
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
