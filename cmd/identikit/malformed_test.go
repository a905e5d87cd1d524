package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/api"
	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/mysqltest"
)

// Fails when a malformed request, to any operation, is accepted, is answered with 5xx or not at all, stores
// something, or leaves a goroutine, memory or a line with a value in the log behind.
//
// make fuzz-http sets FUZZ_REQUESTS; FUZZ_SEED repeats a run.
func TestMalformedRequests(t *testing.T) {
	t.Parallel()
	requests, seed := setting(t, "FUZZ_REQUESTS", 3000), setting(t, "FUZZ_SEED", rand.Uint64())
	t.Logf("FUZZ_REQUESTS=%d FUZZ_SEED=%d", requests, seed)
	db := mysqltest.NewDB(t)
	settings := []string{databaseURL(db), "AUTH=required", "ADMIN_KEY=" + adminKey, "ERASURE_KEY=" + linkertest.ErasureKey, "REQUEST_TIMEOUT=60s"}
	p := serve(t, settings...)
	key := p.furnish(t)
	before := dumpWithoutUse(t, db)
	a := &attacker{program: p, key: key, routes: api.Routes(), examples: p.examples(t), seed: seed, total: requests}
	a.mutations = mutations(a.routes)
	started := time.Now()
	a.run(t)
	t.Logf("%d requests in %s: %s", requests, time.Since(started).Round(time.Second), a.summary())
	for _, status := range []int{400, 401, 403, 404, 405, 413, 415, 417, 421, 429} {
		if a.statuses[status] == 0 {
			t.Errorf("no request got %d: this attacks less than it should", status)
		}
	}
	http.DefaultClient.CloseIdleConnections()
	left := p.end(t)
	if diff := cmp.Diff(before, dumpWithoutUse(t, db)); diff != "" {
		t.Errorf("something was stored (-before +after):\n%s", diff)
	}
	fresh := serve(t, settings...)
	fresh.accepted(t, adminKey, http.StatusNotFound)
	http.DefaultClient.CloseIdleConnections()
	usual := fresh.end(t)
	t.Logf("%d goroutines are left; a new process has %d", left, usual)
	if left > usual+10 {
		t.Errorf("%d goroutines are left; a new process has %d", left, usual)
	}
}

func setting(t *testing.T, name string, usual uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return usual
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// furnish stores something of every kind, and returns a key that may do everything.
func (p *program) furnish(t *testing.T) string {
	t.Helper()
	p.accepted(t, adminKey, http.StatusNotFound)
	_, key := p.newKey(t, adminKey, `{"name":"attacker","scopes":["all"]}`)
	p.accepted(t, key, http.StatusNotFound)
	for _, request := range [][3]string{
		{"POST", "/identify", `{"email":"a@example.com","phoneNumber":"4155550101"}`},
		{"POST", "/identify", `{"email":"b@example.com","phoneNumber":"4155550101"}`},
		{"POST", "/identify", `{"email":"c@example.com","phoneNumber":"4155550103"}`},
		{"POST", "/identify", `{"email":"d@example.com","phoneNumber":"4155550104"}`},
		{"POST", "/identify", `{"email":"e@example.com","phoneNumber":"4155550105"}`},
		{"PUT", "/separations", `{"contactId":1,"otherContactId":3}`},
		{"POST", "/identify", `{"email":"a@example.com","phoneNumber":"4155550103"}`}, // refused
		{"POST", "/blocked", `{"kind":"email","value":"d@example.com"}`},
		{"DELETE", "/observations/2", ""},
		{"POST", "/erasures", `{"email":"e@example.com","suppress":true}`},
		{"GET", "/events?limit=1000", ""}, // gives the events their numbers
	} {
		if r := p.as(t, key, request[0], request[1], request[2]); r.status != http.StatusOK {
			t.Fatalf("%v: %d %s", request, r.status, r.body)
		}
	}
	return key
}

// examples returns the example of each body in the OpenAPI document, with values of this test in it.
func (p *program) examples(t *testing.T) map[string]string {
	t.Helper()
	var document struct {
		Paths map[string]map[string]struct {
			RequestBody struct {
				Content map[string]struct {
					Example  json.RawMessage
					Examples map[string]struct{ Value json.RawMessage }
				}
			}
		}
	}
	_, text := p.get(t, "/openapi.json")
	if err := json.Unmarshal([]byte(text), &document); err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for path, operations := range document.Paths {
		for method, o := range operations {
			content := o.RequestBody.Content["application/json"]
			for _, example := range content.Examples {
				content.Example = example.Value
			}
			text := strings.ReplaceAll(string(content.Example), "hillvalley.edu", domain)
			found[strings.ToUpper(method)+" "+path] = strings.ReplaceAll(text, `"123456"`, `"`+phone(1)+`"`)
		}
	}
	return found
}

// dumpWithoutUse is the whole database, except when keys were used and how many observations there were in the last
// minutes, in lines.
func dumpWithoutUse(t *testing.T, db *mysqltest.DB) []string {
	t.Helper()
	for {
		tx := linkertest.Begin(t, db.Pool)
		linkertest.Exec(t, tx, "UPDATE api_keys SET last_used_at = NULL")
		linkertest.Exec(t, tx, "DELETE FROM outcome_minutes")
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		all := linkertest.Dump(t, db.Pool)
		if linkertest.One[int](t, db.Pool, `SELECT (SELECT COUNT(*) FROM api_keys WHERE last_used_at IS NOT NULL) +
			(SELECT COUNT(*) FROM outcome_minutes)`) == 0 {
			return strings.Split(string(all), "\n")
		}
	}
}

// attacker sends malformed requests. Its nth request depends on the seed and n only.
type attacker struct {
	program   *program
	key       string
	routes    []api.Route
	mutations []mutation
	examples  map[string]string
	seed      uint64
	total     uint64
	next      atomic.Uint64

	mu       sync.Mutex
	statuses map[int]int
	failures int
}

func (a *attacker) run(t *testing.T) {
	t.Helper()
	const workers, mostFailures = 16, 20
	a.statuses = map[int]int{}
	var running sync.WaitGroup
	for range workers {
		running.Go(func() {
			c := &wire{address: strings.TrimPrefix(a.program.url, "http://")}
			defer c.close()
			for n := a.next.Add(1); n <= a.total && a.failed() < mostFailures && !a.program.ended(); n = a.next.Add(1) {
				a.attack(t, c, n)
			}
		})
	}
	running.Wait()
	if a.program.ended() {
		t.Error("the service has ended")
	}
	if rss := residentMB(t, a.program.cmd.Process.Pid); rss > 700 { // with the race detector; else about a tenth
		t.Errorf("the service has %d MB", rss)
	} else {
		t.Logf("the service has %d MB", rss)
	}
}

func (a *attacker) failed() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.failures
}

// attack sends the nth request, and reports it unless it is refused.
func (a *attacker) attack(t *testing.T, c *wire, n uint64) {
	random := rand.New(rand.NewPCG(a.seed, n))
	route := pick(random, a.routes...)
	example := a.examples[route.Method+" "+route.Path]
	if route.Body && example == "" {
		example = "{}"
	}
	key := a.key
	if route.Scope == "" {
		key = ""
	}
	m := newMessage(random, route, example, key)
	chosen := pick(random, a.mutations...)
	for !chosen.applies(route) {
		chosen = pick(random, a.mutations...)
	}
	chosen.apply(random, m)
	status, body, err := c.exchange(m)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.statuses[status]++
	if err != nil || status != m.also && (status < 400 || status >= 500) {
		a.failures++
		t.Errorf("FUZZ_SEED=%d, request %d, %s: got %d, %v\n%.2000q\n%.500s", a.seed, n, chosen.name, status, err, m.String(), body)
	}
}

// summary lists how many requests got which status.
func (a *attacker) summary() string {
	var parts []string
	for _, status := range slices.Sorted(maps.Keys(a.statuses)) {
		parts = append(parts, fmt.Sprintf("%d × %d", a.statuses[status], status))
	}
	return strings.Join(parts, ", ")
}

// wire is a connection to the service, kept as long as both sides like.
type wire struct {
	address string
	conn    *net.TCPConn
	answers *bufio.Reader
}

func (c *wire) close() {
	if c.conn != nil {
		c.conn.SetLinger(0) //nolint:errcheck // it only spares the system a waiting state
		c.conn.Close()
		c.conn = nil
	}
}

// exchange sends a request and reads its answer. If the service has closed a connection that was used before,
// it sends the request on a new one.
func (c *wire) exchange(m *message) (status int, body string, err error) {
	for fresh := false; ; fresh = true {
		if m.half || fresh {
			c.close()
		}
		if c.conn == nil {
			if err := c.dial(); err != nil {
				return 0, "", err
			}
			fresh = true
		}
		if status, body, err = c.try(m); err == nil || fresh {
			return status, body, err
		}
	}
}

func (c *wire) dial() error {
	conn, err := net.Dial("tcp", c.address)
	if err != nil {
		return err
	}
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return errors.New("no TCP")
	}
	c.conn, c.answers = tcp, bufio.NewReader(tcp)
	return nil
}

func (c *wire) try(m *message) (status int, body string, err error) {
	conn, sent := c.conn, make(chan struct{})
	conn.SetDeadline(time.Now().Add(2 * time.Minute)) //nolint:errcheck // what follows would fail, too
	go func() {                                       // the service may answer before it has read everything
		defer close(sent)
		if _, err := io.WriteString(conn, m.String()); err == nil && m.half {
			conn.CloseWrite() //nolint:errcheck // the answer shows what arrived
		}
	}()
	answer, err := http.ReadResponse(c.answers, &http.Request{Method: m.method})
	if err != nil {
		c.close()
		<-sent
		return 0, "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.Close || m.half {
		c.close()
	}
	<-sent
	return answer.StatusCode, string(text), err
}

// end kills the service and returns how many goroutines it had.
func (p *program) end(t *testing.T) int {
	t.Helper()
	time.Sleep(time.Second) // for what ends by itself
	p.signal(t, syscall.SIGQUIT)
	<-p.exited
	return len(regexp.MustCompile(`(?m)^goroutine \d+ `).FindAllString(p.stderr.String(), -1))
}

// residentMB returns the memory of a process.
func residentMB(t *testing.T, pid int) int {
	t.Helper()
	text, err := exec.Command("ps", "-o", "rss=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		t.Fatal(err)
	}
	kilobytes, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return kilobytes >> 10
}
