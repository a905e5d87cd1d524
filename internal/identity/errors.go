package identity

import (
	"errors"
	"fmt"
	"time"
)

// Code says which problem an Error is. The set is closed, and public: clients get codes, so a code never
// changes its meaning or its name. Package api explains each, and adds those that only HTTP has.
type Code string

// What the caller sent is not accepted. The same request fails again.
const (
	// CodeInvalidRequest: the request is malformed or contradicts itself.
	CodeInvalidRequest Code = "invalid-request"

	// CodeInvalidValue: an e-mail address or a phone number is malformed.
	CodeInvalidValue Code = "invalid-value"

	// CodeCursorAhead: the cursor is newer than every event.
	CodeCursorAhead Code = "cursor-ahead"

	// CodeGrantTooWide: a key would give scopes that it does not have.
	CodeGrantTooWide Code = "grant-too-wide"

	// CodeIdentifiesNobody: no value that the caller sent identifies anybody.
	CodeIdentifiesNobody Code = "identifies-nobody"
)

// What the caller named is not there.
const (
	// CodeRecordNotFound: nothing has, or ever had, this id or value.
	CodeRecordNotFound Code = "record-not-found"

	// CodeContactErased: the contact was erased.
	CodeContactErased Code = "contact-erased"

	// CodeEventsExpired: the events after the cursor are no longer kept.
	CodeEventsExpired Code = "events-expired"
)

// A request with the same Idempotency-Key was sent before.
const (
	// CodeIdempotencyKeyReused: that was another request.
	CodeIdempotencyKeyReused Code = "idempotency-key-reused"

	// CodeRequestInProgress: that request has not ended.
	CodeRequestInProgress Code = "request-in-progress"

	// CodeAlreadyDone: that request was carried out, and its answer cannot be given again.
	CodeAlreadyDone Code = "already-done"
)

// An earlier decision, or a setting, forbids it. Detail says what would have to change.
const (
	// CodeNotRetracted: the observation is withheld, but not because it was retracted.
	CodeNotRetracted Code = "observation-not-retracted"

	// CodeRefusalDecided: the refusal was decided the other way.
	CodeRefusalDecided Code = "refusal-decided"

	// CodeValueBlocked: a value of the observation is blocked.
	CodeValueBlocked Code = "value-blocked"

	// CodeContactsSeparated: it would unite contacts that were separated.
	CodeContactsSeparated Code = "contacts-separated"

	// CodeContactsLinked: what shall be separate is linked by an observation.
	CodeContactsLinked Code = "contacts-linked"

	// CodeValueErased: the value was erased with suppress and must not be stored.
	CodeValueErased Code = "value-erased"

	// CodeErasureKeyMissing: it needs the setting ERASURE_KEY.
	CodeErasureKeyMissing Code = "erasure-key-missing"

	// CodeKeyNotRotatable: the API key no longer works or comes from a setting.
	CodeKeyNotRotatable Code = "key-not-rotatable"
)

// The service failed. The same request may succeed later.
const (
	// CodeUnavailable: the work could not be done in time. It may have been carried out all the same, because
	// a deadline can pass during the commit. Repeating the request is safe.
	CodeUnavailable Code = "unavailable"

	// CodeOutcomeUnknown: as CodeUnavailable, but repeating the request might do its work twice.
	CodeOutcomeUnknown Code = "outcome-unknown"

	// CodeOverloaded: too many requests are waiting. Nothing was done.
	CodeOverloaded Code = "overloaded"

	// CodeInternal: a defect, or an unexpected failure.
	CodeInternal Code = "internal-error"
)

// IsFailure reports whether the service failed. It is false for a problem of the request, and for "".
func (c Code) IsFailure() bool {
	return c == CodeUnavailable || c == CodeOutcomeUnknown || c == CodeOverloaded || c == CodeInternal
}

// Error is the one error type of the domain.
//
// No part of it may hold an e-mail address or a phone number: Detail goes to clients and Err goes to the log.
type Error struct {
	Code Code

	// Field is the field that is refused, "" when the failure is not about exactly one field.
	Field Field

	// Detail is a whole sentence for the client. For CodeInvalidRequest and CodeInvalidValue it says what would
	// be accepted.
	Detail string

	// Err is the cause, for the log only. It may be nil.
	Err error
}

// Error returns the detail, or without one the code, and the cause, if there is one. It is meant for logs and
// for the terminal, not for clients.
func (e *Error) Error() string {
	switch {
	case e.Err == nil && e.Detail == "":
		return string(e.Code)
	case e.Err == nil:
		return e.Detail
	case e.Detail == "":
		return string(e.Code) + ": " + e.Err.Error()
	}
	return e.Detail + " Cause: " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// CodeOf returns the code of the first Error in err's tree: CodeInternal when
// there is none or it has no code, and "" when err is nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok && e != nil && e.Code != "" {
		return e.Code
	}
	return CodeInternal
}

// refuse returns the error for a value of field that is not accepted.
func refuse(field Field, detail string) error {
	return &Error{Code: CodeInvalidValue, Field: field, Detail: detail}
}

// Inconsistent is the error for rows that contradict each other. The arguments must be ids.
func Inconsistent(format string, ids ...any) error {
	return &Error{Code: CodeInternal, Err: fmt.Errorf(format, ids...)}
}

// Errorf returns an Error with the detail that is formatted. No argument may be a value.
func Errorf(code Code, format string, args ...any) error {
	return &Error{Code: code, Detail: fmt.Sprintf(format, args...)}
}

// NoContact is the error for an id that no contact ever had.
func NoContact(id uint64) error {
	return Errorf(CodeRecordNotFound, "There is no contact with the id %d.", id)
}

// ContactErased is the error for the id of a contact that was erased.
func ContactErased(id uint64, at time.Time) error {
	return Errorf(CodeContactErased, "The contact with the id %d was erased at %s.", id, at.UTC().Format("2006-01-02T15:04:05.000000Z"))
}
