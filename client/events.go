package client

import (
	"context"
	"errors"
	"iter"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// FeedEvent is an event with its position in the feed: from 1, without gaps. The position never changes.
type FeedEvent struct {
	Cursor uint64 `json:"cursor"`
	Event
}

// Events is one page of the feed. Next is where to continue.
type Events struct {
	Events []FeedEvent `json:"events"`
	Next   uint64      `json:"next"`
}

// Oldest is before the oldest event that is kept.
const Oldest = math.MaxUint64

// Events returns the events after a cursor, or from the Oldest one, complete and in order, up to limit, or 100
// if that is 0. A page with fewer events has all that were committed. If events after the cursor are no longer
// kept, the problem has the status 410.
func (c *Client) Events(ctx context.Context, after uint64, limit int) (Events, error) {
	var e Events
	err := c.do(ctx, call{method: http.MethodGet, path: "/events", query: feedQuery(after, limit), reads: true}, &e)
	return e, err
}

func feedQuery(after uint64, limit int) url.Values {
	query := url.Values{}
	if after != Oldest {
		query.Set("after", strconv.FormatUint(after, 10))
	}
	if limit != 0 {
		query.Set("limit", strconv.Itoa(limit))
	}
	return query
}

// PollEvents returns the events after a cursor, or from the Oldest one, and then each new one, by asking for
// pages. When it has all, it asks again after the given time. Every event is returned once, in order. A program
// that stores the cursor with what it makes of the events can continue after it.
//
// It ends with the context. An error that may pass is returned after Options.Retries repetitions; a caller that
// goes on gets the next event as soon as that is possible. Any other error, such as 401, 403 or 410, is the last.
func (c *Client) PollEvents(ctx context.Context, after uint64, every time.Duration) iter.Seq2[FeedEvent, error] {
	const limit = 1000
	return func(yield func(FeedEvent, error) bool) {
		for {
			page, err := c.Events(ctx, after, limit)
			if err == nil {
				after = page.Next
			} else if !yield(FeedEvent{}, err) || !isPassing(ctx, err) {
				return
			}
			for _, e := range page.Events {
				if !yield(e, nil) {
					return
				}
			}
			if len(page.Events) < limit && !pause(ctx, every, yield) {
				return
			}
		}
	}
}

// pause waits. If the context ends before that, it returns its error and false.
func pause(ctx context.Context, wait time.Duration, yield func(FeedEvent, error) bool) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		yield(FeedEvent{}, ctx.Err())
		return false
	case <-timer.C:
		return true
	}
}

// StreamEvents is PollEvents by one stream, on which events arrive within a second. When it is cut, or silent for
// 45 seconds, it is opened again after the last event.
func (c *Client) StreamEvents(ctx context.Context, after uint64) iter.Seq2[FeedEvent, error] {
	return func(yield func(FeedEvent, error) bool) {
		s := &stream{client: c, after: after}
		for failures := 0; ; {
			alive, stopped, err := s.read(ctx, yield)
			if stopped {
				return
			}
			if alive {
				failures = 0
			}
			if failures++; failures > c.retry.most || !isPassing(ctx, err) {
				if !yield(FeedEvent{}, err) || !isPassing(ctx, err) {
					return
				}
				failures = c.retry.most // the wait stays long
			}
			wait, ok := c.retry.wait(max(1, failures), err)
			if !ok {
				wait = c.retry.longest
			}
			if !pause(ctx, wait, yield) {
				return
			}
		}
	}
}

var errSilent = errors.New("the stream was silent for too long")
