package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// lateness is by how much an answer may be later than REQUEST_TIMEOUT, on a busy machine.
const lateness = time.Second

// client sends requests to the processes, and looks at what every answer must be.
type client struct {
	http    *http.Client
	begun   time.Time
	timeout time.Duration // REQUEST_TIMEOUT
	allowed documented    // nil before it is known

	mu       sync.Mutex
	numbers  int
	counts   map[string]int // by what was asked and its status
	longest  time.Duration
	breaches []string
}

// reply is an answer to a request. Its status is 0 if there was none.
type reply struct {
	number     int
	process    int
	status     int
	body       []byte
	start, end time.Duration
}

func newClient(connections int, timeout time.Duration) *client {
	return &client{
		http: &http.Client{
			Timeout:   timeout + 30*time.Second, // longer than any request may take
			Transport: &http.Transport{MaxIdleConnsPerHost: connections},
		},
		begun: time.Now(), timeout: timeout, counts: map[string]int{},
	}
}

// now returns the time since the beginning of the round, which does not depend on the clock.
func (c *client) now() time.Duration { return time.Since(c.begun) }

// do sends a request. what names it in the counts.
func (c *client) do(ctx context.Context, p *process, what, method, path string, body any) reply {
	text, err := json.Marshal(body)
	if err != nil {
		return reply{}
	}
	var sent io.Reader
	if body != nil {
		sent = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, p.url(path), sent)
	if err != nil {
		return reply{}
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	r := reply{process: p.number}
	c.mu.Lock()
	c.numbers++
	r.number = c.numbers
	c.mu.Unlock()
	r.start = c.now()
	response, err := c.http.Do(request)
	var header http.Header
	if err == nil {
		r.body, err = io.ReadAll(response.Body)
		response.Body.Close() //nolint:errcheck // it was read
		header = response.Header
	}
	if err == nil {
		r.status = response.StatusCode
	}
	r.end = c.now()
	if ctx.Err() == nil {
		c.examine(p, request, what, r, header, err)
	}
	return r
}

// examine records a status that is not documented, an answer that is late, and one that is missing.
func (c *client) examine(p *process, sent *http.Request, what string, r reply, header http.Header, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts[fmt.Sprintf("%s %d", what, r.status)]++
	silent := p.mayBeSilent(span{r.start, r.end})
	took := r.end - r.start
	if !silent {
		c.longest = max(c.longest, took)
	}
	breach := func(format string, args ...any) {
		c.breaches = append(c.breaches, fmt.Sprintf("#%d %s of process %d at %s: ", r.number, what, r.process, r.start.Round(time.Millisecond))+
			fmt.Sprintf(format, args...))
	}
	switch {
	case r.status == 0 && !silent:
		breach("no answer: %v", err)
	case r.status != 0 && c.allowed != nil && !c.allowed.allows(sent.Method, sent.URL.Path, r.status):
		breach("status %d: %s", r.status, r.body)
	case r.status == http.StatusServiceUnavailable && header.Get("Retry-After") == "":
		breach("503 without Retry-After")
	}
	if took > c.timeout+lateness && !silent {
		breach("it took %s", took.Round(time.Millisecond))
	}
}
