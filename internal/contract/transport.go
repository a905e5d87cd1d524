package contract

import (
	"bytes"
	"io"
	"net/http"
)

// Transport returns a transport that checks every exchange, and calls report with each difference, by any
// number of goroutines. Of a stream of events it does not check the body, and an answer that ends too early it
// does not check at all.
func (c *Contract) Transport(base http.RoundTripper, report func(*http.Request, error)) http.RoundTripper {
	return transport{c, base, report}
}

type transport struct {
	*Contract
	base   http.RoundTripper
	report func(*http.Request, error)
}

// RoundTrip implements http.RoundTripper.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	var sent []byte
	if r.GetBody != nil {
		body, err := r.GetBody()
		if err != nil {
			return nil, err
		}
		if sent, err = io.ReadAll(body); err != nil {
			return nil, err
		}
	}
	answer, err := t.base.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	e := Exchange{Request: r, Sent: sent, Status: answer.StatusCode, Header: answer.Header}
	if answer.Header.Get("Content-Type") != "text/event-stream" {
		if e.Body, err = io.ReadAll(answer.Body); err != nil { // the server is gone
			answer.Body = cut{bytes.NewReader(e.Body), err}
			return answer, nil //nolint:nilerr // the reader of the body gets it
		}
		answer.Body = io.NopCloser(bytes.NewReader(e.Body))
	}
	if err := t.Check(e); err != nil {
		t.report(r, err)
	}
	return answer, nil
}

// cut is a body that ends with an error.
type cut struct {
	io.Reader
	err error
}

func (c cut) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	if err == io.EOF {
		err = c.err
	}
	return n, err
}

func (cut) Close() error { return nil }
