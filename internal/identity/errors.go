package identity

import (
	"errors"
	"fmt"
	"time"
)

// Code says what kind of failure an Error is. The set is closed.
type Code string

const (
	// CodeInvalid: the caller sent something that is not accepted. The same
	// request fails again.
	CodeInvalid Code = "invalid"

	// CodeNotFound: what the caller named does not exist.
	CodeNotFound Code = "not_found"

	// CodeConflict: an earlier decision forbids it. Detail says what would have
	// to change.
	CodeConflict Code = "conflict"

	// CodeForbidden: the caller is known and may not do this.
	CodeForbidden Code = "forbidden"

	// CodeGone: what the caller named existed and was erased.
	CodeGone Code = "gone"

	// CodeNobody: no value that the caller sent identifies anybody.
	CodeNobody Code = "nobody"

	// CodeUnavailable: the work could not be done in time. It may have been
	// carried out all the same, because a deadline can pass during the commit.
	// The same request may succeed later; repeating it is safe.
	CodeUnavailable Code = "unavailable"

	// CodeInternal: a defect, or an unexpected failure.
	CodeInternal Code = "internal"
)

// Error is the one error type of the domain.
//
// No part of it may hold an e-mail address or a phone number: Detail goes to
// clients and Err goes to the log.
type Error struct {
	Code Code

	// Field is the field that is refused, "" when the failure is not about
	// exactly one field.
	Field Field

	// Detail is a whole sentence for the client. For CodeInvalid it says what
	// would be accepted.
	Detail string

	// Err is the cause, for the log only. It may be nil.
	Err error
}

// Error returns the code, the field, the detail and the cause, as far as there
// are any, separated by colons. It is meant for logs, not for clients.
func (e *Error) Error() string {
	s := string(e.Code)
	if e.Field != "" {
		s += ": " + string(e.Field)
	}
	if e.Detail != "" {
		s += ": " + e.Detail
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
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
	return &Error{Code: CodeInvalid, Field: field, Detail: detail}
}

// Inconsistent is the error for rows that contradict each other. The arguments must be ids.
func Inconsistent(format string, ids ...any) error {
	return &Error{Code: CodeInternal, Err: fmt.Errorf(format, ids...)}
}

// NoContact is the error for an id that no contact ever had.
func NoContact(id uint64) error {
	return &Error{Code: CodeNotFound, Detail: fmt.Sprintf("There is no contact with the id %d.", id)}
}

// ContactErased is the error for the id of a contact that was erased.
func ContactErased(id uint64, at time.Time) error {
	return &Error{
		Code:   CodeGone,
		Detail: fmt.Sprintf("The contact with the id %d was erased at %s.", id, at.UTC().Format("2006-01-02T15:04:05.000000Z")),
	}
}
