package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"

	"github.com/identikit/identikit/internal/api"
)

// bodyMutations change what a body says. Those of a batch, whose elements are refused one by one, leave no
// array.
func bodyMutations() []mutation {
	reads := func(r api.Route) bool { return r.Body }
	object := func(r api.Route) bool { return r.Body && !isBatch(r) }
	strict := func(r api.Route) bool { return object(r) && r.Path != "/identify" } // which ignores unknown members
	none := func(r api.Route) bool { return !r.Body && r.Method != http.MethodGet && r.Method != http.MethodHead }
	return []mutation{
		{"body that nobody reads", none, func(random *rand.Rand, m *message) {
			m.body = pick(random, "x", `{"dryRun":true}`, "[]", "0", email(1), `{"email":"`+email(1)+`"}`, strings.Repeat(" ", 2000)+"x", "\x00")
		}},
		{"truncated", reads, func(random *rand.Rand, m *message) { m.body = m.body[:1+random.IntN(len(m.body)-1)] }}, // not to nothing: some bodies are optional
		{"more after the end", reads, func(random *rand.Rand, m *message) {
			m.body += pick(random, "}", "]", "x", "{}", "\x00", email(1), ",", m.body)
		}},
		{"byte order mark", reads, func(_ *rand.Rand, m *message) { m.body = "\ufeff" + m.body }},
		{"byte in between", reads, func(random *rand.Rand, m *message) {
			at := random.IntN(len(m.body))
			m.body = m.body[:at] + pick(random, "\x00", "\xff", "\xc0\x80", "\xed\xa0\x80", "\x01", "\xf5") + m.body[at:]
		}},
		{"another type", reads, func(random *rand.Rand, m *message) {
			m.body = pick(random, "null", "true", "0", "1e999", `"`+email(1)+`"`, phone(1), "NaN", "-", "''")
			if random.IntN(2) == 0 {
				m.body = map[bool]string{true: `{"email":"` + email(1) + `"}`, false: `[{"email":"` + email(1) + `"}]`}[isBatch(m.route)]
			}
		}},
		{"deep", reads, func(random *rand.Rand, m *message) {
			n := pick(random, 100, 2000, 7000)
			m.body = strings.Repeat("[", n) + strings.Repeat("]", n)
			if isBatch(m.route) || random.IntN(2) == 0 {
				m.body = strings.Repeat("[", 2*n)
			}
		}},
		{"large", object, func(_ *rand.Rand, m *message) { m.body += strings.Repeat(" ", 16<<10) }},
		{"large batch", isBatch, func(random *rand.Rand, m *message) {
			if m.body = "[" + strings.Repeat("1,", 1000) + "1]"; random.IntN(50) == 0 {
				m.body = strings.Repeat(" ", 1<<20) + m.body
			}
		}},
		{"content type", reads, func(random *rand.Rand, m *message) {
			if m.set("Content-Type", pick(random, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
				"application/jsonx", "json", "text/json", domain)); random.IntN(3) == 0 {
				m.remove("Content-Type")
			}
		}},
		{"content encoding", reads, func(random *rand.Rand, m *message) {
			m.set("Content-Encoding", pick(random, "gzip", "br", "deflate", "zstd", domain))
		}},
		{"unknown member", strict, func(random *rand.Rand, m *message) {
			m.addMember(pick(random, "dryRun", "Email", "emails", "", "__proto__", domain), "1")
		}},
		{"member of another type", object, func(random *rand.Rand, m *message) {
			m.addMember(m.anyMember(random), pick(random, `{"x":"`+email(1)+`"}`, "[[]]", "-1.5", "1e999", "-0.1e-999", "[{}]", "[null,{}]"))
		}},
	}
}

func isBatch(r api.Route) bool { return r.Path == "/identify/batch" }

// anyMember returns the name of a member of the example.
func (m *message) anyMember(random *rand.Rand) string {
	var members map[string]json.RawMessage
	if err := json.Unmarshal([]byte(m.example), &members); err != nil || len(members) == 0 {
		return "x" // unknown, and so refused as well
	}
	return pick(random, slices.Sorted(maps.Keys(members))...)
}

// addMember adds a member at the end of the body, after one of the same name if there is one.
func (m *message) addMember(name, value string) {
	text := strings.TrimSuffix(strings.TrimSpace(m.body), "}")
	if !strings.HasSuffix(text, "{") {
		text += ","
	}
	m.body = fmt.Sprintf("%s%q:%s}", text, name, value)
}
