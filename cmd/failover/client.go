package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"syscall"
	"time"
)

// send sends an observation. It counts the answer.
func (t *trial) send(ctx context.Context, first int, o observation, count *tally) (answer, int) {
	body, err := json.Marshal(o)
	if err != nil {
		return answer{}, noAnswer
	}
	return t.ask(ctx, first, request{method: http.MethodPost, path: "/identify", body: body}, count)
}

// lookUp looks a customer up by the first of its contacts, at the position of what is known of it.
func (t *trial) lookUp(ctx context.Context, first int, known *customer, count *tally) (answer, int) {
	position := known.position
	if position == "" {
		position = "latest"
	}
	path := fmt.Sprintf("/contacts/%d", known.contacts[0].id)
	return t.ask(ctx, first, request{method: http.MethodGet, path: path, position: position}, count)
}

// request is a request whose answer has a contact.
type request struct {
	method, path, position string
	body                   []byte
}

// ask sends a request to one of the processes, as a load balancer would: one that does not accept the
// connection is left for the other.
func (t *trial) ask(ctx context.Context, first int, r request, count *tally) (answer, int) {
	begun := time.Now()
	for i := range processes {
		a, status, dialed := t.sendTo(ctx, t.services[(first+i)%processes].Address(), r)
		if dialed || i == processes-1 {
			count.note(status, time.Since(begun))
			return a, status
		}
	}
	return answer{}, noAnswer
}

// sendTo sends a request to one process. dialed is false if it did not accept the connection.
func (t *trial) sendTo(ctx context.Context, address string, q request) (a answer, status int, dialed bool) {
	r, err := http.NewRequestWithContext(ctx, q.method, "http://"+address+q.path, bytes.NewReader(q.body))
	if err != nil {
		return answer{}, noAnswer, true
	}
	r.Header.Set("Content-Type", "application/json")
	if q.position != "" {
		r.Header.Set("Identikit-Position", q.position)
	}
	response, err := t.client.Do(r)
	if err != nil {
		return answer{}, noAnswer, !refused(err)
	}
	defer response.Body.Close() //nolint:errcheck // it was only read
	text, err := io.ReadAll(response.Body)
	var full struct {
		Contact answer `json:"contact"`
	}
	switch {
	case err != nil:
		return answer{}, noAnswer, true
	case response.StatusCode == statusUnavailable && response.Header.Get("Retry-After") == "":
		return answer{}, noRetryAfter, true
	case response.StatusCode == statusOK && json.Unmarshal(text, &full) != nil:
		return answer{}, noAnswer, true
	}
	full.Contact.position = response.Header.Get("Identikit-Position")
	return full.Contact, response.StatusCode, true
}

// refused reports whether nothing listens, so that the request was not received.
func refused(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }
