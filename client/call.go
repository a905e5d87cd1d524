package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// call is one request. It is sent again in the same form.
type call struct {
	method string
	path   string // with {} in place of the id
	id     uint64
	query  url.Values
	body   any  // encoded as JSON; nil for none
	reads  bool // whether a replica may answer
	once   bool // whether it has an effect each time, unless an Idempotency-Key is sent
}

// name is the operation in error texts. It has no values.
func (c call) name() string { return c.method + " " + strings.Replace(c.path, "{}", "{id}", 1) }

// Flag changes how an operation is carried out.
type Flag string

const (
	// DryRun: answer with what would happen, but change nothing.
	DryRun Flag = "dryRun"

	// Suppress: keep what is erased out in the future. The service needs the setting ERASURE_KEY for it.
	Suppress Flag = "suppress"
)

// flagged returns the query for flags.
func flagged(flags []Flag) url.Values {
	query := url.Values{}
	for _, f := range flags {
		query.Set(string(f), "true")
	}
	return query
}

type contextKey int

const (
	idempotencyKey contextKey = iota
	positionKey
)

// WithIdempotencyKey returns a context for one call of EraseValue, CreateKey or RotateKey. If the service has
// carried out a request with this key in the last 24 hours, also one of another process, it does not carry out
// another. The key must be a random text of 1 to 255 printable ASCII characters without blanks, not an e-mail address
// or a phone number. Without it, a key is generated for each call and sent with all its repetitions.
func WithIdempotencyKey(ctx context.Context, key string) context.Context {
	return context.WithValue(ctx, idempotencyKey, key)
}

// do sends the request and decodes the answer into into, unless that is nil. It repeats the request as
// Options.Retries says.
func (c *Client) do(ctx context.Context, r call, into any) error {
	var body []byte
	if r.body != nil {
		var err error
		if body, err = json.Marshal(r.body); err != nil {
			return fmt.Errorf("identikit: %s: %w", r.name(), err)
		}
	}
	header := http.Header{"Accept": {"application/json"}}
	c.authorize(header)
	if r.once {
		key, _ := ctx.Value(idempotencyKey).(string)
		if key == "" {
			key = rand.Text()
		}
		header.Set("Idempotency-Key", key)
	}
	return c.retry.do(ctx, func() error { return c.send(ctx, r, header, body, into) })
}

// send sends the request once.
func (c *Client) send(ctx context.Context, r call, header http.Header, body []byte, into any) error {
	begun := c.positions.begin(ctx, r.reads, header)
	answer, err := c.open(ctx, c.http, r, header, body)
	if err != nil {
		return err
	}
	defer answer.Body.Close() //nolint:errcheck // it was read
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return lost(ctx, r, err)
	}
	c.positions.received(begun, answer.Header)
	if answer.StatusCode/100 != 2 {
		return problemOf(answer, text)
	}
	if into == nil {
		return nil
	}
	if raw, ok := into.(*[]byte); ok {
		*raw = text
		return nil
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("identikit: %s: the answer is not what the API describes: %w", r.name(), withoutValue(err))
	}
	return nil
}

// open sends the request and returns the answer with an unread body.
func (c *Client) open(ctx context.Context, sender *http.Client, r call, header http.Header, body []byte) (*http.Response, error) {
	target := c.base + strings.Replace(r.path, "{}", strconv.FormatUint(r.id, 10), 1)
	if len(r.query) > 0 {
		target += "?" + r.query.Encode()
	}
	var sent io.Reader
	if body != nil {
		sent = bytes.NewReader(body)
	}
	request, err := http.NewRequestWithContext(ctx, r.method, target, sent)
	if err != nil {
		return nil, fmt.Errorf("identikit: %s: %w", r.name(), withoutURL(err))
	}
	request.Header = header.Clone()
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	answer, err := sender.Do(request)
	if err != nil {
		return nil, lost(ctx, r, err)
	}
	return answer, nil
}

// lostError is a request without an answer. It may have been carried out.
type lostError struct {
	name string
	err  error
}

func (e *lostError) Error() string { return "identikit: " + e.name + ": no answer: " + e.err.Error() }

func (e *lostError) Unwrap() error { return e.err }

// lost returns the error for a request that got no complete answer.
func lost(ctx context.Context, r call, err error) error {
	err = withoutURL(err)
	if cause := ctx.Err(); cause != nil && !errors.Is(err, cause) {
		err = cause // the connection was closed because of it
	}
	return &lostError{r.name(), err}
}

// withoutURL returns the cause of an error of net/http. The URL in its text may contain an e-mail address.
func withoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// withoutValue returns the error of a decoder without what it quotes of the answer.
func withoutValue(err error) error {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return fmt.Errorf("the member %s has another type", wrong.Field)
	}
	var malformed *json.SyntaxError
	if errors.As(err, &malformed) {
		return fmt.Errorf("malformed JSON at byte %d", malformed.Offset)
	}
	return errors.New("a value is malformed") // such as a time, which would be quoted
}
