package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"syscall"
	"time"
)

// send sends a request to one of the processes, as a load balancer would: one that does not accept the
// connection is left for the other. It counts the answer.
func (t *trial) send(ctx context.Context, first int, o observation, count *tally) (answer, int) {
	body, err := json.Marshal(o)
	if err != nil {
		return answer{}, noAnswer
	}
	begun := time.Now()
	for i := range processes {
		address := t.services[(first+i)%processes].Address()
		a, status, dialed := t.post(ctx, address, body)
		if dialed || i == processes-1 {
			count.note(status, time.Since(begun))
			return a, status
		}
	}
	return answer{}, noAnswer
}

// post sends a request to one process. dialed is false if it did not accept the connection.
func (t *trial) post(ctx context.Context, address string, body []byte) (a answer, status int, dialed bool) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+address+"/identify", bytes.NewReader(body))
	if err != nil {
		return answer{}, noAnswer, true
	}
	r.Header.Set("Content-Type", "application/json")
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
	return full.Contact, response.StatusCode, true
}

// refused reports whether nothing listens, so that the request was not received.
func refused(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }
