package client

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// stream reads the feed as server-sent events, over one connection after the other.
type stream struct {
	client *Client
	after  uint64 // the cursor of the last event that was passed on
}

// read passes on events until the connection ends, and returns why. alive says whether anything was received,
// stopped that the caller wants no more.
func (s *stream) read(ctx context.Context, yield func(FeedEvent, error) bool) (alive, stopped bool, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silent := time.AfterFunc(s.client.silence, func() { cancel(errSilent) })
	defer silent.Stop()

	r := call{method: http.MethodGet, path: "/events", query: feedQuery(s.after, 0)}
	header := http.Header{"Accept": {"text/event-stream"}}
	if s.after != Oldest {
		header.Set("Last-Event-ID", strconv.FormatUint(s.after, 10))
	}
	s.client.authorize(header)
	answer, err := s.client.open(ctx, s.client.streaming, r, header, nil)
	if err != nil {
		return false, false, s.cause(ctx, r, err)
	}
	defer answer.Body.Close() //nolint:errcheck // it is only read
	if answer.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(answer.Body, 1<<20)) // an incomplete problem still has its status
		return false, false, problemOf(answer, text)
	}
	lines := bufio.NewReader(answer.Body)
	for {
		data, err := message(lines, func() { alive = true; silent.Reset(s.client.silence) })
		if err != nil {
			return alive, false, s.cause(ctx, r, err)
		}
		var e FeedEvent
		if err := json.Unmarshal(data, &e); err != nil {
			return alive, false, fmt.Errorf("identikit: %s: the event is not what the API describes: %w", r.name(), withoutValue(err))
		}
		if s.after != Oldest && e.Cursor <= s.after {
			continue // a proxy has repeated it
		}
		s.after = e.Cursor
		silent.Stop() // the caller may take its time
		if !yield(e, nil) {
			return alive, true, nil
		}
		silent.Reset(s.client.silence)
	}
}

// cause returns the error for a connection that was lost or given up.
func (s *stream) cause(ctx context.Context, r call, err error) error {
	if errors.Is(context.Cause(ctx), errSilent) {
		return &lostError{r.name(), errSilent}
	}
	return lost(ctx, r, err)
}

// message returns the data of the next complete event. It calls alive for each line.
func message(lines *bufio.Reader, alive func()) ([]byte, error) {
	var data []byte
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return nil, err // what was read of an incomplete event is not used
		}
		alive()
		line = bytes.TrimRight(line, "\r\n")
		if text, ok := bytes.CutPrefix(line, []byte("data:")); ok {
			data = append(data, bytes.TrimPrefix(text, []byte(" "))...)
		}
		if len(line) == 0 && data != nil {
			return data, nil
		}
	}
}
