package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/identikit/identikit/internal/identity"
)

// problem is the body of every error answer (RFC 9457). Its type is always "about:blank", so its
// title is the text of the status; field and detail say the rest.
type problem struct {
	Type      string         `json:"type"`
	Title     string         `json:"title"`
	Status    int            `json:"status"`
	Detail    string         `json:"detail"`
	Field     identity.Field `json:"field,omitempty"`
	RequestID string         `json:"requestId"`

	// KeyID is the API key that the request made when it was carried out before.
	KeyID uint64 `json:"keyId,omitempty"`

	// Explanation is what connects two contacts that cannot be separated.
	Explanation *explanation `json:"explanation,omitempty"`
}

// refusal is an error that this package found in a request. The detail is sent to the client: it
// says what would be accepted and never quotes the request.
type refusal struct {
	status int
	field  identity.Field
	detail string
	cause  error
	joined *explanation
	keyID  uint64
}

func (r *refusal) Error() string { return r.detail }

func (r *refusal) Unwrap() error { return r.cause }

func badRequest(field identity.Field, detail string) error {
	return &refusal{status: http.StatusBadRequest, field: field, detail: detail}
}

// refuse answers with err as a problem. It is also echo's error handler. If the answer has already
// begun, it does nothing.
func (s *server) refuse(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	p := problemOf(err, c.Response().Header().Get(echo.HeaderAllow))
	p.RequestID = idOf(c)
	if p.Status == http.StatusServiceUnavailable {
		c.Response().Header().Set(echo.HeaderRetryAfter, "1")
	}
	// An error here means that the client is gone.
	_ = writeJSON(c, p.Status, "application/problem+json", p)
}

// problemOf translates an error. An unknown error becomes a 500 with a generic text. allow lists
// the methods of the route, for a 405.
func problemOf(err error, allow string) problem {
	if own, ok := errors.AsType[*refusal](err); ok {
		p := newProblem(own.status, own.field, own.detail)
		p.Explanation, p.KeyID = own.joined, own.keyID
		return p
	}
	if routed, ok := errors.AsType[*echo.HTTPError](err); ok {
		return newProblem(routed.Code, "", routedDetail(routed.Code, allow))
	}
	if known, ok := errors.AsType[*identity.Error](err); ok && known.Code != identity.CodeInternal {
		return newProblem(statusOf(known.Code), known.Field, known.Detail)
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return newProblem(statusOf(identity.CodeUnavailable), "",
			"The request took too long. It may have been carried out; repeating it is safe.")
	}
	return newProblem(statusOf(identity.CodeInternal), "", "The request failed because of an error on our side.")
}

func newProblem(status int, field identity.Field, detail string) problem {
	return problem{
		Type:   "about:blank",
		Title:  http.StatusText(status),
		Status: status,
		Detail: detail,
		Field:  field,
	}
}

// statusOf maps the domain's codes to HTTP statuses.
func statusOf(code identity.Code) int {
	switch code {
	case identity.CodeInvalid:
		return http.StatusBadRequest
	case identity.CodeNotFound:
		return http.StatusNotFound
	case identity.CodeForbidden:
		return http.StatusForbidden
	case identity.CodeConflict:
		return http.StatusConflict
	case identity.CodeGone:
		return http.StatusGone
	case identity.CodeNobody:
		return http.StatusUnprocessableEntity
	case identity.CodeUnavailable:
		return http.StatusServiceUnavailable
	case identity.CodeInternal:
	}
	return http.StatusInternalServerError
}

// routedDetail is the detail for a request that echo's router refuses.
func routedDetail(status int, allow string) string {
	switch status {
	case http.StatusNotFound:
		return "There is nothing at this path. /openapi.json lists all paths."
	case http.StatusMethodNotAllowed:
		return "This path does not accept that method. It accepts " + allow + "."
	}
	return http.StatusText(status) + "."
}
