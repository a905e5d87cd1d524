package client

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Problem is a refused request (RFC 9457). Errors of this package are found by errors.As:
//
//	var p *client.Problem
//	if errors.As(err, &p) && p.Code == client.CodeValueBlocked { … }
type Problem struct {
	Type      string `json:"type"`   // a URI, such as /problems/value-blocked
	Code      Code   `json:"code"`   // what a program decides by; "" if not the service answered but a proxy
	Title     string `json:"title"`  // the problem in a few words
	Status    int    `json:"status"` // of HTTP
	Detail    string `json:"detail"` // what would be accepted, or what to do
	Field     Field  `json:"field"`  // the invalid value, if one is
	RequestID string `json:"requestId"`

	// KeyID is the API key that the same request made before; otherwise 0.
	KeyID uint64 `json:"keyId"`

	// Explanation is what connects two contacts that cannot be separated; otherwise nil.
	Explanation *Explanation `json:"explanation"`

	// RetryAfter is how long the service asks to wait; 0 if it does not say.
	RetryAfter time.Duration `json:"-"`

	// Attempts is how often the request was sent. After more than one, CodeRecordNotFound can mean that an earlier
	// attempt has deleted what is not found.
	Attempts int `json:"-"`
}

// Error returns the status, the code and the detail. They contain no values of the request.
func (p *Problem) Error() string {
	text := fmt.Sprintf("identikit: %d %s", p.Status, cmp.Or(string(p.Code), p.Title))
	if p.Detail != "" {
		text += ": " + p.Detail
	}
	if p.RequestID != "" {
		text += " (request " + p.RequestID + ")"
	}
	return text
}

// Code says what a problem is. New ones may be added.
type Code string

// The codes that the service answers with. Its page /problems/CODE says what each means, and how to get out.
const (
	CodeInvalidRequest          Code = "invalid-request"
	CodeInvalidValue            Code = "invalid-value"
	CodeCursorAhead             Code = "cursor-ahead"
	CodePathNotFound            Code = "path-not-found"
	CodeRecordNotFound          Code = "record-not-found"
	CodeMethodNotAllowed        Code = "method-not-allowed"
	CodeBodyTimeout             Code = "body-timeout"
	CodeContactErased           Code = "contact-erased"
	CodeEventsExpired           Code = "events-expired"
	CodeRequestTooLarge         Code = "request-too-large"
	CodeAnswerTooLarge          Code = "answer-too-large"
	CodeUnsupportedMediaType    Code = "unsupported-media-type"
	CodeIdentifiesNobody        Code = "identifies-nobody"
	CodeKeyMissing              Code = "key-missing"
	CodeKeyInvalid              Code = "key-invalid"
	CodeSessionEnded            Code = "session-ended"
	CodeNoKeys                  Code = "no-keys"
	CodeScopeMissing            Code = "scope-missing"
	CodeGrantTooWide            Code = "grant-too-wide"
	CodeForeignOrigin           Code = "foreign-origin"
	CodeUnknownHost             Code = "unknown-host"
	CodeQuotaExceeded           Code = "quota-exceeded"
	CodeTooManyFailures         Code = "too-many-failures"
	CodeTooManyStreams          Code = "too-many-streams"
	CodeRequestInProgress       Code = "request-in-progress"
	CodeAlreadyDone             Code = "already-done"
	CodeIdempotencyKeyReused    Code = "idempotency-key-reused"
	CodeObservationNotRetracted Code = "observation-not-retracted"
	CodeRefusalDecided          Code = "refusal-decided"
	CodeValueBlocked            Code = "value-blocked"
	CodeContactsSeparated       Code = "contacts-separated"
	CodeContactsLinked          Code = "contacts-linked"
	CodeValueErased             Code = "value-erased"
	CodeErasureKeyMissing       Code = "erasure-key-missing"
	CodeKeyNotRotatable         Code = "key-not-rotatable"
	CodeInternalError           Code = "internal-error"
	CodeUnavailable             Code = "unavailable"
	CodeOutcomeUnknown          Code = "outcome-unknown"
	CodeOverloaded              Code = "overloaded"
)

// problemOf returns the problem of an answer, also of one that is not from the service.
func problemOf(answer *http.Response, body []byte) *Problem {
	var p Problem
	if json.Unmarshal(body, &p) != nil || p.Status != answer.StatusCode {
		p = Problem{Type: "about:blank", Title: http.StatusText(answer.StatusCode), Status: answer.StatusCode}
	}
	if _, code, ok := strings.Cut(p.Type, "/problems/"); ok && p.Code == "" {
		p.Code = Code(code)
	}
	if p.RequestID == "" {
		p.RequestID = answer.Header.Get("X-Request-Id")
	}
	p.RetryAfter = retryAfter(answer.Header)
	return &p
}
