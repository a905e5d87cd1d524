package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/identikit/identikit/internal/identity"
)

// problem is the body of every error answer (RFC 9457). Type, title and status follow from the code; field and
// detail say the rest.
type problem struct {
	Type      string         `json:"type"`
	Title     string         `json:"title"`
	Status    int            `json:"status"`
	Code      identity.Code  `json:"code"`
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
	code   identity.Code
	field  identity.Field
	detail string
	cause  error
	joined *explanation
	keyID  uint64
}

func (r *refusal) Error() string { return r.detail }

func (r *refusal) Unwrap() error { return r.cause }

// badRequest is the refusal of a request or, if there is a field, of its value.
func badRequest(field identity.Field, detail string) error {
	if field != "" {
		return &refusal{code: identity.CodeInvalidValue, field: field, detail: detail}
	}
	return &refusal{code: identity.CodeInvalidRequest, detail: detail}
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
		p := newProblem(own.code, own.field, own.detail)
		p.Explanation, p.KeyID = own.joined, own.keyID
		return p
	}
	if routed, ok := errors.AsType[*echo.HTTPError](err); ok {
		return routedProblem(routed.Code, allow)
	}
	if known, ok := errors.AsType[*identity.Error](err); ok && known.Code != identity.CodeInternal {
		return newProblem(known.Code, known.Field, known.Detail)
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return newProblem(identity.CodeUnavailable, "",
			"The request took too long. It may have been carried out; repeating it is safe.")
	}
	return internalProblem()
}

// newProblem returns a problem of a code that is in the table, and an internal error for any other.
func newProblem(code identity.Code, field identity.Field, detail string) problem {
	t, known := typeOf(code)
	if !known {
		return internalProblem()
	}
	return problem{
		Type:   problemsPath + "/" + string(code),
		Title:  t.Title,
		Status: t.Status,
		Code:   code,
		Detail: detail,
		Field:  field,
	}
}

func internalProblem() problem {
	return newProblem(identity.CodeInternal, "", "The request failed because of an error in the service.")
}

// routedProblem is the problem of a request that echo's router refuses.
func routedProblem(status int, allow string) problem {
	switch status {
	case http.StatusNotFound:
		return newProblem(codePathNotFound, "", "There is nothing at this path. /openapi.json lists all paths.")
	case http.StatusMethodNotAllowed:
		return newProblem(codeMethodNotAllowed, "", "This path does not accept that method. It accepts "+allow+".")
	}
	return internalProblem()
}
