package api

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/identikit/identikit/internal/identity"
)

// Hooks are called when something happens, by several goroutines at a time. They must not block. One that is
// nil is not called.
type Hooks struct {
	// Answered is called after each request.
	Answered func(Answered)

	// Refused is called with the reason of each value that an answer of POST /identify or /identify/batch
	// refuses.
	Refused func(identity.Reason)

	// KeyFailed is called when a request is refused because of its key.
	KeyFailed func(KeyFailure)

	// Streams is called with 1 when a stream of events begins, and with -1 when it ends.
	Streams func(change int)
}

// Answered is a request that was answered. It has no part of the request that a client can choose freely, so
// that there are few different ones.
type Answered struct {
	Method   string        // of a route, or Other
	Route    string        // the pattern of its path, such as /contacts/:id, or Other if there is none
	Status   int           // 499 if the client left before the answer
	Code     identity.Code // of the problem; "" if there is none, or the client left
	Duration time.Duration
	Stream   bool // it was a stream of events, whose duration depends on its client
}

// Other stands for all methods and paths of which there are no routes.
const Other = "other"

// KeyFailure is why a request was refused because of its key. The set is closed: see KeyFailures.
type KeyFailure string

// The reasons.
const (
	KeyMissing   KeyFailure = "missing"    // 401: it has none, or not as a bearer token
	KeyUnknown   KeyFailure = "unknown"    // 401: it does not exist, is revoked or has expired
	KeyNone      KeyFailure = "no_keys"    // 401: there is no key that works
	KeyScope     KeyFailure = "scope"      // 403: it lacks the scope
	KeyQuota     KeyFailure = "quota"      // 429: it has used up its quota
	KeyExhausted KeyFailure = "wrong_keys" // 429: too many wrong keys came from the address
)

// KeyFailures lists all reasons.
func KeyFailures() []KeyFailure {
	return []KeyFailure{KeyMissing, KeyUnknown, KeyNone, KeyScope, KeyQuota, KeyExhausted}
}

// answered calls the hook for a request.
func (s *server) answered(c echo.Context, status int, code identity.Code, start time.Time) {
	if s.hooks.Answered == nil {
		return
	}
	method, path := c.Request().Method, c.Path()
	if !s.known[path] {
		path = Other
	}
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions:
	default:
		method = Other
	}
	s.hooks.Answered(Answered{method, path, status, code, time.Since(start), isStream(c)})
}

func (s *server) keyFailed(reason KeyFailure) {
	if s.hooks.KeyFailed != nil {
		s.hooks.KeyFailed(reason)
	}
}

// refused calls the hook for each refusal.
func (s *server) refused(all []identity.Refusal) {
	if s.hooks.Refused == nil {
		return
	}
	for _, r := range all {
		s.hooks.Refused(r.Code)
	}
}

// streaming calls the hook for a stream that begins; end must be called when it ends.
func (s *server) streaming() (end func()) {
	if s.hooks.Streams == nil {
		return func() {}
	}
	s.hooks.Streams(1)
	return func() { s.hooks.Streams(-1) }
}
