package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
)

const eventStream = "text/event-stream"

// isStream reports whether the client asks for a stream of events.
func isStream(c echo.Context) bool {
	if c.Path() != eventsPath || c.Request().Method != http.MethodGet {
		return false
	}
	for accepted := range strings.SplitSeq(strings.Join(c.Request().Header.Values(echo.HeaderAccept), ","), ",") {
		if kind, _, err := mime.ParseMediaType(accepted); err == nil && kind == eventStream {
			return true
		}
	}
	return false
}

// stream sends the events after a cursor and then each new one, until the client disconnects or the
// service stops. An error before the first event is answered as usual. A later one ends the stream,
// and the client gets the error when it reconnects.
func (s *server) stream(c echo.Context, limit int) error {
	key := caller(c).KeyID
	if err := s.streams.take(c, key); err != nil {
		return err
	}
	defer s.streams.release(key)
	defer s.streaming()()
	p, err := s.firstPage(c, limit)
	if err != nil {
		return err
	}
	err = s.follow(c.Request().Context(), s.openStream(c), p, limit)
	if c.Request().Context().Err() != nil {
		return nil // the client disconnected or the service is stopping
	}
	return err
}

// follow sends page after page. It returns when a page cannot be read or sent.
func (s *server) follow(ctx context.Context, out *stream, p page, limit int) error {
	poll, beat := time.NewTicker(s.poll), time.NewTicker(s.heartbeat)
	defer poll.Stop()
	defer beat.Stop()
	if err := out.begin(); err != nil {
		return err
	}
	for {
		if err := out.send(p.Events); err != nil {
			return err
		}
		if len(p.Events) < limit {
			select {
			case <-ctx.Done():
			case <-poll.C:
			case <-beat.C:
				if err := out.beat(); err != nil {
					return err
				}
			}
		}
		var err error
		if p, err = s.page(ctx, p.Next, limit); err != nil {
			return err
		}
	}
}

// stream is an answer that is sent in parts.
type stream struct {
	answer   *echo.Response
	control  *http.ResponseController
	patience time.Duration
}

func (s *server) openStream(c echo.Context) *stream {
	return &stream{answer: c.Response(), control: http.NewResponseController(c.Response()), patience: s.timeout}
}

// begin sends the header.
func (o *stream) begin() error {
	header := o.answer.Header()
	header.Set(echo.HeaderContentType, eventStream)
	header.Set("X-Accel-Buffering", "no") // keeps nginx from buffering events
	o.answer.WriteHeader(http.StatusOK)
	return o.beat()
}

func (o *stream) beat() error { return o.write([]byte(":\n\n")) }

func (o *stream) send(events []event) error {
	if len(events) == 0 {
		return nil
	}
	var text bytes.Buffer
	for _, e := range events {
		data, err := json.Marshal(e)
		if err != nil {
			return err
		}
		fmt.Fprintf(&text, "id: %d\nevent: %s\ndata: %s\n\n", e.Cursor, e.Kind, data)
	}
	return o.write(text.Bytes())
}

// write replaces the server's write deadline, which is meant for complete answers, with a deadline
// for this part.
func (o *stream) write(text []byte) error {
	err := o.control.SetWriteDeadline(time.Now().Add(o.patience))
	if err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := o.answer.Write(text); err != nil {
		return err
	}
	return o.control.Flush()
}
