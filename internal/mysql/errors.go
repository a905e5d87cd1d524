package mysql

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"

	driver "github.com/go-sql-driver/mysql"

	"github.com/identikit/identikit/internal/identity"
)

// ErrRetry is returned, wrapped or not, by a function under Retry that found that the data has
// changed and must run again.
var ErrRetry = errors.New("state changed, try again")

// IsRetryable reports whether the work failed only because of concurrent transactions: a deadlock,
// a lock wait timeout, a value that was inserted by another transaction first, or ErrRetry.
func IsRetryable(err error) bool {
	if errors.Is(err, ErrRetry) {
		return true
	}
	return reactionTo(number(err)) == again
}

// IsLost reports whether the work failed because its server is gone or cannot do it any more: another
// attempt, on another connection, may reach the server that took over.
func IsLost(err error) bool {
	if reactionTo(number(err)) == elsewhere {
		return true
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	for _, lost := range []error{sqldriver.ErrBadConn, driver.ErrInvalidConn, io.EOF, ErrReadOnly} {
		if errors.Is(err, lost) {
			return true
		}
	}
	_, network := errors.AsType[net.Error](err)
	return network
}

// IsLockWaitTimeout reports whether a row stayed locked for longer than a statement waits. A NOWAIT
// statement does not wait at all.
func IsLockWaitTimeout(err error) bool {
	n := number(err)
	return n == errLockWaitTimeout || n == errLockNowait
}

// IsNoSuchTable reports whether a statement used a table that does not exist.
func IsNoSuchTable(err error) bool {
	return number(err) == errNoSuchTable
}

// IsNotSupported reports whether the server lacks a function or refuses it. Percona XtraDB Cluster
// refuses some with the number for unknown errors.
func IsNotSupported(err error) bool {
	switch number(err) {
	case errNotSupportedYet, errNoSuchFunction, errUnknown:
		return true
	}
	return false
}

// Translate converts an error of the database into an *identity.Error. nil and an *identity.Error
// are returned unchanged. An error that may not happen again on retry has CodeUnavailable. Texts
// that may quote values are replaced by the kind of error.
func Translate(err error) error {
	if _, known := errors.AsType[*identity.Error](err); known || err == nil {
		return err
	}
	server, ok := errors.AsType[*driver.MySQLError](err)
	if !ok {
		// No answer from the server: it is unreachable, or the caller's time is over.
		return unavailable(withoutValues(err))
	}
	switch reactionTo(server.Number) {
	case configure:
		return unavailable(server)
	case again, elsewhere, later:
		return unavailable(withoutText(server))
	default:
		return &identity.Error{Code: identity.CodeInternal, Err: withoutText(server)}
	}
}

func unavailable(cause error) error {
	// A commit can succeed even if its answer is lost.
	const unknown = "The request may have been carried out; repeating it is safe."
	detail := "The database did not answer in time or is not reachable. " + unknown
	if errors.Is(cause, context.Canceled) {
		detail = "The request was canceled. " + unknown
	}
	return &identity.Error{Code: identity.CodeUnavailable, Detail: detail, Err: cause}
}

// withoutValues keeps errors of connections and contexts, and replaces any other error by its type:
// database/sql quotes values that it cannot convert.
func withoutValues(err error) error {
	if _, network := errors.AsType[net.Error](err); network {
		return err
	}
	for _, harmless := range []error{
		context.Canceled, context.DeadlineExceeded, sqldriver.ErrBadConn, driver.ErrInvalidConn, sql.ErrConnDone, io.EOF, ErrReadOnly,
	} {
		if errors.Is(err, harmless) {
			return err
		}
	}
	return fmt.Errorf("unexpected error of type %T", err)
}

// kindOf names an error for a span, without its text: its number if it is one of the server, "" for none.
func kindOf(err error) string {
	switch n := number(err); {
	case err == nil:
		return ""
	case n != 0:
		return strconv.Itoa(int(n))
	case errors.Is(err, ErrRetry):
		return "changed"
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return "canceled"
	case IsLost(err):
		return "lost"
	}
	return "other"
}

func withoutText(e *driver.MySQLError) error {
	return fmt.Errorf("mysql error %d (%s)", e.Number, e.SQLState[:])
}

func number(err error) uint16 {
	if e, ok := errors.AsType[*driver.MySQLError](err); ok {
		return e.Number
	}
	return 0
}
