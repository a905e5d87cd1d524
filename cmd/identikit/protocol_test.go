package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/identikit/identikit/internal/mysqltest"
)

// Fails when an unusual request that reaches the handler is not answered with a problem, or when
// the answers of net/http differ from those in the OpenAPI document.
func TestProtocolErrors(t *testing.T) {
	t.Parallel()
	p := serve(t, databaseURL(mysqltest.NewDB(t)), "ALLOWED_HOSTS=x,other.example")
	host := strings.TrimPrefix(p.url, "http://")
	const rest = " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
	for _, c := range []struct {
		name, request string
		status        int
		problem       bool
	}{
		{"absolute URI", "GET http://other.example/healthz" + rest, 200, false},
		{"absolute URI of nothing", "GET http://other.example" + rest, 404, true},
		{"unknown absolute URI", "GET http://other.example/nothing" + rest, 404, true},
		{"CONNECT", "CONNECT other.example:443" + rest, 404, true},
		{"a star", "GET *" + rest, 404, true},
		{"unknown method", "BREW /identify" + rest, 405, true},
		{"escaped slash", "GET /contacts%2F1" + rest, 404, true},
		{"escaped NUL", "GET /contacts/%00" + rest, 400, true},
		{"malformed query", "GET /contacts?email=%zz" + rest, 400, true},
		{"body that is no chunks", "POST /identify" + rest + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nx", 400, true},
		// Answered by net/http, before the handler:
		{"malformed path", "GET /%zz" + rest, 400, false},
		{"no HTTP", "hello\r\n", 400, false},
		{"no Host", "GET / HTTP/1.1\r\n", 400, false},
		{"unknown Expect", "POST /identify" + rest + "Expect: tea\r\n", 417, false},
		{"large header", "GET /" + rest + "X: " + strings.Repeat("x", 1<<20) + "\r\n", 431, false},
		{"unknown coding", "POST /identify" + rest + "Transfer-Encoding: gzip\r\n", 501, false},
		{"unknown version", "GET / HTTP/3.0\r\nHost: x\r\n", 505, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			conn, err := net.Dial("tcp", host)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			conn.SetDeadline(time.Now().Add(30 * time.Second)) //nolint:errcheck // the read below fails then
			fmt.Fprint(conn, c.request+"\r\n")
			answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			body, err := io.ReadAll(answer.Body)
			if answer.StatusCode != c.status || err != nil {
				t.Errorf("got %d, %v", answer.StatusCode, err)
			}
			if c.problem {
				wantProblem(t, c.name, reply{answer.StatusCode, answer.Header, string(body)}, c.status, "", "")
			} else if c.status >= 400 && json.Valid(body) && len(body) > 0 {
				t.Errorf("got %q: describe it", body)
			}
		})
	}
}
