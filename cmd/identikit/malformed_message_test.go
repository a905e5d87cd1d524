package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"

	"github.com/identikit/identikit/internal/api"
)

// message is a request that is well-formed until a mutation has changed it.
type message struct {
	route        api.Route
	method, path string
	query        []string
	header       []string // lines
	body         string
	example      string // of the body, in the OpenAPI document
	key          string

	// text is the whole request, for what no message can express; "" for the usual.
	text string
	// half is whether nothing follows on the connection; the server must not wait for more.
	half bool
	// also is a status that net/http answers with, besides those of a refusal.
	also int
}

// newMessage returns a request for a route that would be accepted.
func newMessage(random *rand.Rand, route api.Route, example, key string) *message {
	m := &message{route: route, method: route.Method, example: example, key: key}
	m.path = strings.Replace(route.Path, "{id}", fmt.Sprint(1+random.IntN(5)), 1)
	m.header = []string{"Host: localhost"}
	if key != "" {
		m.header = append(m.header, "Authorization: Bearer "+key)
	}
	if route.Body {
		m.body = example
		m.header = append(m.header, "Content-Type: application/json")
	}
	for _, name := range []string{"User-Agent", "Referer", "Cookie", "X-Request-Id", "X-Forwarded-For", "Last-Event-ID", "Accept", "Range"} {
		if random.IntN(8) == 0 {
			m.header = append(m.header, name+": "+marker(random))
		}
	}
	return m
}

// marker returns a value that no log line may have.
func marker(random *rand.Rand) string {
	n := random.IntN(10_000)
	return []string{email(n), phone(n), "/" + email(n), `"` + phone(n) + `"`}[random.IntN(4)]
}

// set replaces a header line, or adds it.
func (m *message) set(name, value string) {
	m.remove(name)
	m.header = append(m.header, name+": "+value)
}

func (m *message) remove(name string) {
	var rest []string
	for _, line := range m.header {
		if !strings.HasPrefix(line, name+": ") {
			rest = append(rest, line)
		}
	}
	m.header = rest
}

// changes reports whether the request would change something.
func (m *message) changes() bool { return m.method != http.MethodGet && m.method != http.MethodHead }

// head returns the request line and the header, without the length of the body.
func (m *message) head() string {
	target := m.path
	if len(m.query) > 0 {
		target += "?" + strings.Join(m.query, "&")
	}
	return m.method + " " + target + " HTTP/1.1\r\n" + strings.Join(m.header, "\r\n") + "\r\n"
}

// String is the request as it is sent.
func (m *message) String() string {
	if m.text != "" {
		return m.text
	}
	length := ""
	if m.body != "" || m.changes() {
		length = fmt.Sprintf("Content-Length: %d\r\n", len(m.body))
	}
	return m.head() + length + "\r\n" + m.body
}
