// Package client calls the API of Identikit, which recognizes one customer behind many e-mail addresses and
// phone numbers. It needs nothing but the standard library.
//
// Every operation of the API is a method of Client with the operation's name. Refused requests are returned as
// *Problem. Requests that failed for a moment are sent again, as Options.Retries says; all operations are safe to
// repeat. The lists and the feed of events can be read as iterators.
package client

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Options configure a Client. The zero value is ready to use with a service that needs no key.
type Options struct {
	// Key is an API key, such as idk_…. It is sent with every request, and never printed.
	Key Secret

	// HTTP sends the requests; nil for http.DefaultClient. Its Timeout limits each attempt, but not a stream of
	// events. Redirects are not followed, whatever it says, because they would take the key to another place.
	HTTP *http.Client

	// Retries is how often a request is sent again after 429, 502, 503, 504 or a lost connection: 4 times for
	// 0, never for a negative number.
	Retries int

	// Backoff is the longest wait before the first repetition (100 ms). It doubles with each, and a random part
	// of it is waited for. If the answer has a Retry-After, that long is waited in any case.
	Backoff time.Duration

	// MaxWait is the longest wait before a repetition (30 s). If Retry-After asks for more, the problem is
	// returned at once.
	MaxWait time.Duration

	// StaleReads says that this client does not need to read what it wrote. Otherwise, where the service reads
	// from replicas, reads see at least what was in the answers that this client has received so far.
	StaleReads bool
}

// Client calls the API of one service. It is safe for concurrent use.
type Client struct {
	base      string // without a trailing slash
	authorize func(http.Header)
	http      *http.Client
	streaming *http.Client // the same without a time limit
	retry     retry
	positions *positions // nil if reads may be stale
	silence   time.Duration
}

// silence is how long a stream may send nothing: the service sends something every 15 seconds.
const silence = 45 * time.Second

// New returns a client of the service at base, such as https://identikit.example.com. It sends nothing yet.
func New(base string, o Options) (*Client, error) {
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, errors.New("identikit: the address of the service must be a URL such as https://identikit.example.com")
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("identikit: the address of the service must have no user, query or fragment")
	}
	if strings.ContainsFunc(string(o.Key), func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, errors.New("identikit: the API key has a space or another character that no key has")
	}
	c := &Client{
		base:      strings.TrimSuffix(u.String(), "/"),
		authorize: func(http.Header) {},
		retry: retry{
			most:    max(0, cmp.Or(o.Retries, 4)),
			backoff: cmp.Or(o.Backoff, 100*time.Millisecond),
			longest: cmp.Or(o.MaxWait, 30*time.Second),
		},
		silence: silence,
	}
	if o.Key != "" {
		// In a function, the key cannot be printed with the fields of the client.
		c.authorize = func(h http.Header) { h.Set("Authorization", "Bearer "+o.Key.Reveal()) }
	}
	if !o.StaleReads {
		c.positions = &positions{}
	}
	sender := *cmp.Or(o.HTTP, http.DefaultClient)
	sender.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	c.http = &sender
	streaming := sender
	streaming.Timeout = 0
	c.streaming = &streaming
	return c, nil
}

// String returns the address of the service.
func (c *Client) String() string { return "Identikit at " + c.base }

// Secret is a text that is not printed: String, the verbs of package fmt, slog and JSON show a placeholder. It is
// decoded from JSON like a string.
type Secret string

const placeholder = "[secret]"

// Reveal returns the text.
func (s Secret) Reveal() string { return string(s) }

// String returns a placeholder.
func (s Secret) String() string { return placeholder }

// Format implements fmt.Formatter.
func (s Secret) Format(f fmt.State, _ rune) { fmt.Fprint(f, placeholder) }

// MarshalText implements encoding.TextMarshaler.
func (s Secret) MarshalText() ([]byte, error) { return []byte(placeholder), nil }
