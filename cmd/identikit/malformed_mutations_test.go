package main

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"

	"github.com/identikit/identikit/internal/api"
)

// mutation makes a well-formed request malformed: one that must be refused. applies says of which routes.
type mutation struct {
	name    string
	applies func(api.Route) bool
	apply   func(*rand.Rand, *message)
}

func mutations(routes []api.Route) []mutation {
	return slices.Concat(targetMutations(routes), headerMutations(), bodyMutations(), wireMutations())
}

func every(api.Route) bool { return true }

func pick[T any](random *rand.Rand, of ...T) T { return of[random.IntN(len(of))] }

// takes returns the routes that take a query parameter.
func takes(name string) func(api.Route) bool {
	return func(r api.Route) bool { return slices.Contains(r.Query, name) }
}

func targetMutations(routes []api.Route) []mutation {
	allowed := map[string][]string{}
	for _, r := range routes {
		allowed[r.Path] = append(allowed[r.Path], r.Method)
	}
	return []mutation{
		{"method", every, func(random *rand.Rand, m *message) {
			for m.method == m.route.Method || slices.Contains(allowed[m.route.Path], m.method) {
				m.method = pick(random, "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW", "get", "Post", strings.Repeat("X", 1000))
			}
		}},
		{"path", every, func(random *rand.Rand, m *message) {
			suffix := pick(random, "/", "/x", "x", "%00", "%20", "%2F", ".json", "/"+email(1), "/..;/", "/%2e%2e/")
			if m.path += suffix; m.path == "//" || strings.HasPrefix(suffix, "%") && strings.Contains(m.route.Path, "{id}") {
				m.path = "/nothing/" + phone(1)
			}
		}},
		{"id", func(r api.Route) bool { return strings.Contains(r.Path, "{id}") }, func(random *rand.Rand, m *message) {
			id := pick(random, "0", "-1", "+1", "1.5", "1e3", "0x1", "1_0", "x", "%00", "1%00", "1%20", "%D9%A1", "18446744073709551616",
				strings.Repeat("9", 2000), email(1), "%F0%28", "null", "1,2", "*", "%2e%2e", ":id", "{id}")
			m.path = strings.Replace(m.route.Path, "{id}", id, 1)
		}},
		{"unknown parameter", every, func(random *rand.Rand, m *message) {
			m.query = append(m.query, pick(random, "dryrun=true", "x="+email(1), "dryRun[]=true", "%00=1", email(1), "=", phone(1)+"=1", "dryRun%20=true"))
		}},
		{"malformed query", every, func(random *rand.Rand, m *message) {
			m.query = append(m.query, pick(random, "%zz", "a=%", "a=%f", "a;b", email(1)+";", "%"))
		}},
		{"repeated parameter", func(r api.Route) bool { return len(r.Query) > 0 }, func(random *rand.Rand, m *message) {
			name := pick(random, m.route.Query...)
			m.query = append(m.query, name+"=1", name+"=2")
		}},
		{"dryRun", takes("dryRun"), func(random *rand.Rand, m *message) {
			m.query = append(m.query, "dryRun="+pick(random, "", "1", "True", "TRUE", "yes", "on", "true%20", "true%00", email(1)))
		}},
		{"limit", takes("limit"), func(random *rand.Rand, m *message) {
			m.query = append(m.query, "limit="+pick(random, "", "0", "-1", "1001", "1e2", "0x10", "99999999999999999999", "1.0", phone(1), "NaN", "%00"))
		}},
		{"after", takes("after"), func(random *rand.Rand, m *message) {
			m.remove("Last-Event-ID")
			m.query = append(m.query, "after="+pick(random, "x", "-1", "1.2.3.4", "99999999999999999999", email(1), "%00", "1.", "..", "1e9"))
		}},
		{"with", takes("with"), func(random *rand.Rand, m *message) {
			m.query = append(m.query, "with="+pick(random, "x", "0", "-1", "99999999999999999999", email(1), "%00"))
		}},
		{"two values", takes("email"), func(_ *rand.Rand, m *message) {
			m.query = append(m.query, "email="+email(1), "phoneNumber="+phone(1))
		}},
		{"malformed value", takes("email"), func(random *rand.Rand, m *message) {
			m.query = append(m.query, pick(random, "email=@"+domain, "email=a@b@"+domain, "email="+prefix, "phoneNumber="+domain, "email=a%00@"+domain))
		}},
	}
}

func headerMutations() []mutation {
	private := func(r api.Route) bool { return r.Scope != "" }
	named := func(r api.Route) bool { return r.Path != "/healthz" && r.Path != "/readyz" }
	changing := func(r api.Route) bool { return r.Method != http.MethodGet && r.Method != http.MethodHead }
	return []mutation{
		{"no key", private, func(_ *rand.Rand, m *message) { m.remove("Authorization") }},
		{"wrong key", private, func(random *rand.Rand, m *message) {
			m.set("Authorization", pick(random, "Bearer ", "Bearer x", "Bearer "+email(1), "Bearer idk_"+phone(1)+"_x", "Basic "+prefix,
				"Bearer "+m.key+"x", "Bearer "+m.key[:len(m.key)-1], "Bearer "+strings.ToUpper(m.key), m.key, "Bearer "+strings.Repeat("k", 10_000)))
		}},
		{"foreign host", named, func(random *rand.Rand, m *message) {
			m.set("Host", pick(random, domain, domain+":80", "localhost."+domain, "127.0.0.1."+domain, "[::2]", "user@localhost", "%00"))
		}},
		{"foreign page", changing, func(random *rand.Rand, m *message) {
			if random.IntN(2) == 0 {
				m.set("Sec-Fetch-Site", pick(random, "cross-site", "same-site", domain))
			} else {
				m.set("Origin", "https://"+domain)
			}
		}},
		{"position", every, func(random *rand.Rand, m *message) {
			m.set("Identikit-Position", pick(random, "x", email(1), "1.2.3", "-1", strings.Repeat("9", 100)))
		}},
		{"idempotency key", func(r api.Route) bool { return r.Repeatable }, func(random *rand.Rand, m *message) {
			m.set("Idempotency-Key", pick(random, email(1), phone(1)[:14], `"`+domain, "a b", `""`, strings.Repeat("k", 256), "\xff"))
		}},
		{"start of a stream", func(r api.Route) bool { return r.Path == "/events" && r.Method == http.MethodGet }, func(random *rand.Rand, m *message) {
			m.set("Accept", "text/event-stream")
			m.set("Last-Event-ID", pick(random, "x", "-1", "99999999999999999999", email(1), "1.5"))
		}},
		{"expectation", every, func(_ *rand.Rand, m *message) { m.set("Expect", email(1)) }},
	}
}
