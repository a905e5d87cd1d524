package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"

	"github.com/identikit/identikit/internal/api"
)

// wireMutations break the framing of a request that is otherwise fine.
func wireMutations() []mutation {
	reads := func(r api.Route) bool { return r.Body }
	framed := func(name string, frame func(random *rand.Rand, body string) string) mutation {
		return mutation{name, reads, func(random *rand.Rand, m *message) {
			m.text, m.half = m.head()+frame(random, m.body), true
		}}
	}
	inHead := func(name string, also int, change func(random *rand.Rand, head string) string) mutation {
		return mutation{name, every, func(random *rand.Rand, m *message) {
			m.text, m.half, m.also = change(random, m.head())+"Connection: close\r\n\r\n", true, also
		}}
	}
	return []mutation{
		framed("length of more", func(random *rand.Rand, body string) string {
			return fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body)+1+random.IntN(1000), body)
		}),
		framed("length of less", func(random *rand.Rand, body string) string {
			return fmt.Sprintf("Content-Length: %d\r\n\r\n%s", 1+random.IntN(len(body)-1), body) // not 0: some bodies are optional
		}),
		framed("two lengths", func(_ *rand.Rand, body string) string {
			return fmt.Sprintf("Content-Length: %d\r\nContent-Length: %d\r\n\r\n%s", len(body), len(body)+1, body)
		}),
		framed("no length", func(random *rand.Rand, body string) string {
			length := pick(random, "-1", "+1", "1e3", "0x10", "", " ", "99999999999999999999", "1,1", domain)
			return "Content-Length: " + length + "\r\n\r\n" + body
		}),
		framed("chunks", func(random *rand.Rand, body string) string {
			chunk := fmt.Sprintf("%x\r\n%s\r\n", len(body), body)
			return "Transfer-Encoding: chunked\r\n\r\n" + pick(random,
				chunk, chunk+"0\r\n", chunk+"x\r\n", "-1\r\n"+body, "ffffffffffffffffff\r\n"+body, domain+"\r\n", chunk[:len(chunk)-2]+"0\r\n\r\n",
				fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(body)+7, body))
		}),
		framed("unknown coding", func(random *rand.Rand, body string) string {
			return "Transfer-Encoding: " + pick(random, "gzip, chunked", "identity", "chunked, chunked", domain) + "\r\n\r\n" + body
		}).also(http.StatusNotImplemented),
		inHead("line without a colon", 0, func(random *rand.Rand, head string) string {
			return head + pick(random, email(1), "\x00", "x", ":", ": x", "X : y", "X\x00: y", "X\x7f: y", "é: x") + "\r\n"
		}),
		inHead("header value", 0, func(random *rand.Rand, head string) string {
			return head + "X: " + pick(random, "\x00", "a\x00b", "\x01"+email(1), "\x7f") + "\r\n"
		}),
		inHead("host", 0, func(random *rand.Rand, head string) string {
			return strings.Replace(head, "Host: localhost\r\n", pick(random, "", "Host: localhost\r\nHost: localhost\r\n", "Host: a b\r\n", "Host: \x00\r\n"), 1)
		}),
		inHead("large header", 0, func(random *rand.Rand, head string) string {
			return head + strings.Repeat("X-"+prefix+": "+email(1)+"\r\n", 600+random.IntN(100))
		}),
		inHead("version", http.StatusHTTPVersionNotSupported, func(random *rand.Rand, head string) string {
			return strings.Replace(head, " HTTP/1.1\r\n", pick(random, " HTTP/3.0", " HTTP/0.9", " HTTP/9.9", " http/1.1", " HTTP/1.1 x", " HTTP/", " HTTP/-1.1", "")+"\r\n", 1)
		}),
		inHead("request line", 0, func(random *rand.Rand, head string) string {
			_, rest, _ := strings.Cut(head, " ")
			return pick(random, "", " ", "G\x00T ", "GE T ", "\xff ", email(1)+"@ ", "{} ", `"GET" `) + rest
		}),
		inHead("target", 0, func(random *rand.Rand, head string) string {
			method, _, _ := strings.Cut(head, " ")
			_, rest, _ := strings.Cut(head, " HTTP/1.1")
			return method + " " + pick(random, "/%zz", "/%", "x", "/\x00", "http://[::1", "//"+domain+"%", "/\x7f") + " HTTP/1.1" + rest
		}),
	}
}

// also lets a mutation be answered with another status.
func (mu mutation) also(status int) mutation {
	apply := mu.apply
	mu.apply = func(random *rand.Rand, m *message) {
		apply(random, m)
		m.also = status
	}
	return mu
}
