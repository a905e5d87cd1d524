package api

import (
	"context"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/identikit/identikit/internal/feed"
)

const eventsPath = "/events"

// page is the body of GET /events. Next is the cursor for the next request.
type page struct {
	Events []event `json:"events"`
	Next   uint64  `json:"next"`
}

// event is one change. It has ids and no values.
type event struct {
	Cursor        uint64 `json:"cursor"`
	Kind          string `json:"kind"`
	ContactID     uint64 `json:"contactId"`
	PrimaryID     uint64 `json:"primaryContactId"`
	ObservationID uint64 `json:"observationId,omitempty"`
	KeyID         uint64 `json:"keyId,omitempty"`
	At            string `json:"at"`
}

// events answers with the events after a cursor, or streams them.
func (s *server) events(c echo.Context) error {
	c.Response().Header().Set(echo.HeaderVary, echo.HeaderAccept)
	most, err := limitOf(c)
	limit := int(most)
	if err != nil {
		return err
	}
	if isStream(c) {
		return s.stream(c, limit)
	}
	p, err := s.firstPage(c, limit)
	if err != nil {
		return err
	}
	return writeJSON(c, http.StatusOK, echo.MIMEApplicationJSON, p)
}

// firstPage returns the page that the request asks for, within the time of one request. Without a
// cursor it starts with the oldest event.
func (s *server) firstPage(c echo.Context, limit int) (page, error) {
	ctx, cancel := context.WithTimeout(c.Request().Context(), s.timeout)
	defer cancel()
	after, given, err := cursorOf(c)
	if !given && err == nil {
		after, err = s.feed.Oldest(ctx)
	}
	if err != nil {
		return page{}, err
	}
	return s.page(ctx, after, limit)
}

func (s *server) page(ctx context.Context, after uint64, limit int) (page, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	found, err := s.feed.Read(ctx, after, limit)
	if err != nil {
		return page{}, err
	}
	p := page{Events: make([]event, len(found)), Next: after}
	for i, e := range found {
		p.Events[i], p.Next = eventOf(e), e.Number
	}
	return p, nil
}

func eventOf(e feed.Event) event {
	return event{
		Cursor:        e.Number,
		Kind:          e.Kind,
		ContactID:     e.ContactID,
		PrimaryID:     e.PrimaryID,
		ObservationID: e.ObservationID,
		KeyID:         e.KeyID,
		At:            timestamp(e.At),
	}
}

// cursorOf returns the cursor to start after. Last-Event-ID takes precedence, because a client that
// reconnects repeats its original URL.
func cursorOf(c echo.Context) (after uint64, given bool, err error) {
	name, sent := paramAfter, c.QueryParam(paramAfter)
	if last := c.Request().Header.Get("Last-Event-ID"); last != "" && isStream(c) {
		name, sent = "Last-Event-ID", last
	}
	if sent == "" {
		return 0, false, nil
	}
	if after, err = strconv.ParseUint(sent, 10, 64); err != nil {
		return 0, false, badRequest("", name+" must be a cursor from an answer, such as 42. Without it, the oldest events come first.")
	}
	return after, true, nil
}
