package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strconv"

	"github.com/identikit/identikit/internal/identity"
)

// client is a keep-alive connection with one request at a time. It shares the machine with what it
// measures, so it does as little as possible: it writes a request in one piece, and checks only the
// status of the answer and whether the answer contains the value that was asked for.
type client struct {
	conn   net.Conn
	key    string // its API key; "" for none
	answer *bufio.Reader
	buffer []byte
}

// clients connects n clients. They are closed when ctx is done, or by the function returned.
func clients(ctx context.Context, address string, n int) ([]*client, func(), error) {
	ctx, cancel := context.WithCancel(ctx)
	all := make([]*client, n)
	for i := range all {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		if err != nil {
			cancel()
			return nil, nil, err
		}
		context.AfterFunc(ctx, func() { conn.Close() }) //nolint:errcheck // nothing is lost
		all[i] = &client{conn: conn, answer: bufio.NewReader(conn)}
	}
	return all, cancel, nil
}

// overHTTP returns a call that sends what next returns. Each caller has its own connection.
func overHTTP(connected []*client, next func(*rand.Rand) identity.Observation) call {
	return func(_ context.Context, caller int, random *rand.Rand) error {
		return connected[caller].identify(next(random))
	}
}

// statusError is an answer whose status is not 200.
type statusError struct{ status, body string }

func (e statusError) Error() string {
	return fmt.Sprintf("answered with status %s: %s", e.status, e.body)
}

// identify sends an observation whose values need no escapes in JSON.
func (c *client) identify(o identity.Observation) error {
	var body []byte
	switch {
	case o.Phone == "":
		body = fmt.Appendf(nil, `{"email":"%s"}`, o.Email)
	case o.Email == "":
		body = fmt.Appendf(nil, `{"phoneNumber":"%s"}`, o.Phone)
	default:
		body = fmt.Appendf(nil, `{"email":"%s","phoneNumber":"%s"}`, o.Email, o.Phone)
	}
	c.buffer = append(c.buffer[:0], "POST /identify HTTP/1.1\r\nHost: localhost\r\n"...)
	if c.key != "" {
		c.buffer = fmt.Appendf(c.buffer, "Authorization: Bearer %s\r\n", c.key)
	}
	c.buffer = fmt.Appendf(c.buffer, "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	if _, err := c.conn.Write(c.buffer); err != nil {
		return err
	}
	status, answer, err := c.read()
	if err != nil {
		return err
	}
	if status != "200" {
		return statusError{status, string(answer)}
	}
	if asked := cmp.Or(o.Email, o.Phone); !bytes.Contains(answer, []byte(`"`+asked+`"`)) {
		return errors.New("answered with a contact that lacks the value asked for")
	}
	return nil
}

// read returns the next answer's status and its body, which is valid until the next call.
func (c *client) read() (status string, body []byte, err error) {
	line, err := c.answer.ReadSlice('\n')
	if err != nil {
		return "", nil, err
	}
	_, rest, _ := bytes.Cut(line, []byte(" "))
	status = string(rest[:min(3, len(rest))])
	length := -1
	for {
		line, err := c.answer.ReadSlice('\n')
		if err != nil {
			return "", nil, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(value)); err != nil {
				return "", nil, err
			}
		}
	}
	if length < 0 {
		return "", nil, errors.New("answered without a length")
	}
	if cap(c.buffer) < length {
		c.buffer = make([]byte, length)
	}
	body = c.buffer[:length]
	_, err = io.ReadFull(c.answer, body)
	return status, body, err
}
