package client

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

const positionHeader = "Identikit-Position"

// Latest is the position that only the primary database has.
const Latest = "latest"

// WithPosition returns a context whose reads see at least what an answer with this position was made from: that
// of Client.Position, of another process too, or Latest. It replaces the client's own position.
func WithPosition(ctx context.Context, position string) context.Context {
	return context.WithValue(ctx, positionKey, position)
}

// Position returns a position at which everything in the answers to this client is visible, or "" if the service
// does not read from replicas. It is meant to be used within minutes.
func (c *Client) Position() string {
	if c.positions == nil {
		return ""
	}
	c.positions.mu.Lock()
	defer c.positions.mu.Unlock()
	return c.positions.newest
}

// positions remembers a position at which all answers so far are visible. Positions of different processes
// cannot be compared. But one of an answer whose request began after another answer had arrived includes that one.
type positions struct {
	mu     sync.Mutex
	clock  uint64 // counts requests and answers
	newest string
	since  uint64 // when newest was received
}

// begin adds the position to the header of a request that reads. It returns when the request began.
func (p *positions) begin(ctx context.Context, reads bool, h http.Header) uint64 {
	chosen, _ := ctx.Value(positionKey).(string)
	var begun uint64
	if p != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.clock++
		begun = p.clock
		if chosen == "" {
			chosen = p.newest
		}
	}
	if h.Del(positionHeader); reads && chosen != "" {
		h.Set(positionHeader, chosen)
	}
	return begun
}

// received notes the position of an answer.
func (p *positions) received(begun uint64, h http.Header) {
	got := h.Get(positionHeader)
	if p == nil || got == "" {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	process, beat := split(got)
	known, newest := split(p.newest)
	switch {
	case p.newest == "" || begun > p.since:
		p.newest = got
	case known != process || p.newest == Latest:
		p.newest = Latest // neither includes the other; only the primary has both for certain
	case beat > newest:
		p.newest = got
	default:
		return
	}
	p.clock++
	p.since = p.clock
}

// split returns the process of a position, and its number among those of the process.
func split(position string) (string, uint64) {
	process, text, _ := strings.Cut(position, ".")
	beat, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return position, 0
	}
	return process, beat
}
