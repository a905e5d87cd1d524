package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/mysqltest"
)

// dial connects to the service. Reading and writing fail after half a minute.
func (p *program) dial(t *testing.T) *net.TCPConn {
	t.Helper()
	conn, err := net.DialTimeout("tcp", strings.TrimPrefix(p.url, "http://"), 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(30 * time.Second)) //nolint:errcheck // what follows would fail, too
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		t.Fatalf("%T", conn)
	}
	return tcp
}

// sendText writes to a connection that may be closed.
func sendText(conn net.Conn, text string) error {
	_, err := io.WriteString(conn, text)
	return err
}

// status reads an answer and returns its status.
func status(t *testing.T, conn net.Conn) int {
	t.Helper()
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode
}

const probe = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"

// Fails when more connections are served than MAX_CONNECTIONS, when one more is refused or forgotten instead
// of waiting, when a connection that was closed makes no room, or when the operator is not told.
func TestMaxConnections(t *testing.T) {
	t.Parallel()
	const most = 5
	p := serve(t, databaseURL(mysqltest.NewDB(t)), fmt.Sprintf("MAX_CONNECTIONS=%d", most))
	var open []*net.TCPConn
	for range most {
		conn := p.dial(t)
		if sendText(conn, probe) != nil || status(t, conn) != http.StatusOK {
			t.Fatal("not served")
		}
		open = append(open, conn)
	}
	waiting := []*net.TCPConn{p.dial(t), p.dial(t), p.dial(t)}
	for _, conn := range waiting {
		if err := sendText(conn, probe); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "the log says it", func() error {
		if !strings.Contains(p.stderr.String(), "MAX_CONNECTIONS connections are open") {
			return errors.New("not yet")
		}
		return nil
	})
	if sendText(open[0], probe) != nil || status(t, open[0]) != http.StatusOK {
		t.Error("a connection that is open is not served any more")
	}
	for _, conn := range waiting {
		early := conn
		early.SetReadDeadline(time.Now().Add(100 * time.Millisecond)) //nolint:errcheck // as in dial
		if n, err := early.Read(make([]byte, 1)); n > 0 || !isTimeout(err) {
			t.Errorf("a connection beyond the limit got %d bytes, %v", n, err)
		}
	}
	for i, conn := range waiting {
		conn.SetReadDeadline(time.Now().Add(30 * time.Second)) //nolint:errcheck // as in dial
		open[i].Close()
		if got := status(t, conn); got != http.StatusOK {
			t.Errorf("a connection that waited got %d", got)
		}
	}
	p.stop(t)
}

func isTimeout(err error) bool {
	network, ok := errors.AsType[net.Error](err)
	return ok && network.Timeout()
}

// Fails when a header without end takes memory without end, is answered otherwise than documented, or when
// the answer is lost because the client is still sending.
func TestLargeHeaders(t *testing.T) {
	t.Parallel()
	p := serve(t, databaseURL(mysqltest.NewDB(t)))
	for name, line := range map[string]string{
		"one long line":  strings.Repeat("x", 64),
		"many lines":     "x: y\r\n",
		"many blanks":    " ",
		"a long key":     "Authorization: Bearer " + strings.Repeat("x", 32<<10) + "\r\n",
		"many addresses": "X-Forwarded-For: 192.0.2.1\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := p.dial(t)
			sent := make(chan int, 1)
			go func() {
				total := 0
				for err := sendText(conn, "GET / HTTP/1.1\r\nHost: localhost\r\nX: "); err == nil && total < 64<<20; total += len(line) {
					err = sendText(conn, line)
				}
				sent <- total
			}()
			if got := status(t, conn); got != http.StatusRequestHeaderFieldsTooLarge {
				t.Errorf("got %d", got)
			}
			conn.Close()
			if n := <-sent; n >= 64<<20 {
				t.Errorf("it took all of %d bytes", n)
			}
		})
	}
}

// Fails when a client that sends its header or its body by and by holds a connection for as long as it likes,
// or does not get the documented answer.
func TestSlowClients(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	p := serve(t, databaseURL(db), "REQUEST_TIMEOUT=500ms")
	const body = "POST /identify HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n"
	for name, c := range map[string]struct{ begin, more, answer string }{
		"nothing":         {"", "", ""},
		"header":          {"GET / HTTP/1.1\r\n", "x: y\r\n", ""},
		"body":            {body, " ", "HTTP/1.1 408 "},
		"body of a chunk": {strings.Replace(body, "Content-Length: 1000000", "Transfer-Encoding: chunked", 1), "1\r\n \r\n", "HTTP/1.1 408 "},
		"ignored body":    {strings.Replace(body, "/identify ", "/nothing ", 1), " ", "HTTP/1.1 404 "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := p.dial(t)
			if err := sendText(conn, c.begin); err != nil {
				t.Fatal(err)
			}
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			go func() {
				for err := error(nil); c.more != "" && err == nil && ctx.Err() == nil; time.Sleep(20 * time.Millisecond) {
					err = sendText(conn, c.more)
				}
			}()
			answer, err := io.ReadAll(conn)
			if isTimeout(err) || !strings.HasPrefix(string(answer), c.answer) || c.answer == "" && len(answer) > 0 {
				t.Errorf("got %q, %v", answer, err)
			}
		})
	}
	if n := count(t, db, "contacts"); n != 0 {
		t.Errorf("%d contacts", n)
	}
}

// Fails when clients that do not read their answers keep others from being served for ever.
func TestSlowReaders(t *testing.T) {
	t.Parallel()
	p := serve(t, databaseURL(mysqltest.NewDB(t)), "REQUEST_TIMEOUT=1s", "MAX_CLUSTER_VALUES=0")
	elements := make([]string, 300) // one customer with so many values: the answer has 300 × 300 of them
	for i := range elements {
		elements[i] = fmt.Sprintf(`{"email":%q,"phoneNumber":%q}`, email(i), phone(1))
	}
	batch := "[" + strings.Join(elements, ",") + "]"
	request := fmt.Sprintf("POST /identify/batch HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		len(batch), batch)
	eventually(t, "the customer is stored", func() error {
		if r, err := send(http.MethodPost, p.url+"/identify/batch", "application/json", batch); err != nil || r.status != http.StatusOK {
			return errors.Join(err, fmt.Errorf("got %d", r.status))
		}
		return nil
	})
	const slots = 4 // batches at a time
	for range 2 * slots {
		conn := p.dial(t)
		conn.SetReadBuffer(1 << 10) //nolint:errcheck // it would only be faster
		for range 4 {               // more than the buffers of the operating system take
			if err := sendText(conn, request); err != nil {
				t.Fatal(err)
			}
		}
	}
	another := func(status int) func() error {
		return func() error {
			r, err := send(http.MethodPost, p.url+"/identify/batch", "application/json", `[`+pair(1)+`]`)
			if err != nil || r.status != status {
				return errors.Join(err, fmt.Errorf("got %d", r.status))
			}
			return nil
		}
	}
	eventually(t, "they hold all slots", another(http.StatusServiceUnavailable))
	eventually(t, "another batch is served", another(http.StatusOK))
}

// Fails when a key can open more streams than it may, when that depends on other keys, or when a stream that
// nobody reads is kept.
func TestStreamsOfAKey(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	p := serve(t, databaseURL(db), "AUTH=required", "ADMIN_KEY="+adminKey, "REQUEST_TIMEOUT=2s")
	p.accepted(t, adminKey, http.StatusNotFound)
	_, other := p.newKey(t, adminKey, `{"name":"other","scopes":["events:read","contacts:read"]}`)
	p.accepted(t, other, http.StatusNotFound)
	// Enough events that a client which does not read them fills all buffers on the way.
	tx := linkertest.Begin(t, db.Pool)
	for range 40 {
		linkertest.Exec(t, tx, "INSERT INTO change_sets (size, events) VALUES (1000, ?)",
			"["+strings.TrimSuffix(strings.Repeat(`["created",1,1],`, 1000), ",")+"]")
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	open := func(key string) int {
		conn := p.dial(t)
		conn.SetReadBuffer(1 << 10) //nolint:errcheck // it would only be faster
		err := sendText(conn, "GET /events?limit=1000 HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\nAuthorization: Bearer "+key+"\r\n\r\n")
		answer, readErr := http.ReadResponse(bufio.NewReaderSize(conn, 16), nil)
		if err = errors.Join(err, readErr); err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode
	}
	const most = 10
	for i := range most {
		if got := open(adminKey); got != http.StatusOK {
			t.Fatalf("stream %d: got %d", i, got)
		}
	}
	if got := open(adminKey); got != http.StatusTooManyRequests {
		t.Fatalf("one more: got %d", got)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header = http.Header{"Accept": {"text/event-stream"}, "Authorization": {"Bearer " + adminKey}}
	refused, err := do(r)
	if err != nil {
		t.Fatal(err)
	}
	wantProblem(t, "one more", refused, http.StatusTooManyRequests, "", "10 open streams")
	if got := open(other); got != http.StatusOK {
		t.Errorf("another key: got %d", got)
	}
	eventually(t, "streams that nobody reads are closed", func() error {
		if got := open(adminKey); got != http.StatusOK {
			return fmt.Errorf("got %d", got)
		}
		return nil
	})
}

// Fails when a connection without a request stays open for ever, or is closed earlier than load balancers
// close theirs.
func TestIdleConnections(t *testing.T) {
	t.Parallel()
	handler := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	server := newServer(config{requestTimeout: 10 * time.Second}, slog.New(slog.DiscardHandler), handler)
	if server.IdleTimeout < time.Minute || server.IdleTimeout > 10*time.Minute {
		t.Errorf("idle connections are closed after %s", server.IdleTimeout)
	}
	server.IdleTimeout = 50 * time.Millisecond
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go server.Serve(listener) //nolint:errcheck // it ends with the test
	defer server.Close()
	p := &program{url: "http://" + listener.Addr().String()}
	conn := p.dial(t)
	if err := sendText(conn, probe); err != nil {
		t.Fatal(err)
	}
	if answer, err := io.ReadAll(conn); isTimeout(err) || !strings.HasPrefix(string(answer), "HTTP/1.1 200 ") {
		t.Errorf("got %q, %v", answer, err)
	}
}

// Fails when HTTP/2 without TLS is served, whose bounds nobody has looked at.
func TestNoHTTP2(t *testing.T) {
	t.Parallel()
	p := serve(t, databaseURL(mysqltest.NewDB(t)))
	for name, request := range map[string]string{
		"prior knowledge": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		"upgrade": "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n" +
			"HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n",
	} {
		conn := p.dial(t)
		if err := sendText(conn, request); err != nil {
			t.Fatal(err)
		}
		line, err := bufio.NewReader(conn).ReadString('\n')
		if err != nil || !strings.HasPrefix(line, "HTTP/1.1 ") || strings.Contains(line, " 101 ") {
			t.Errorf("%s: got %q, %v", name, line, err)
		}
	}
}
