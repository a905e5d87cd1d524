package mysql

import (
	"context"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"github.com/identikit/identikit/internal/tracing"
)

// minLifetime and maxLifetime bound the age of a connection. They are below the usual idle limits of
// proxies and load balancers, and move a pool back to a server that has returned; their distance keeps
// connections from ending together.
const (
	minLifetime = 150 * time.Second
	maxLifetime = 210 * time.Second
)

// checkEvery is how long a connection may be used without a look at the server. A switch that closes no
// connection, and that no write has met, is found by that.
const checkEvery = time.Second

// connection is what the driver's connections can do.
type connection interface {
	sqldriver.Conn
	sqldriver.ConnBeginTx
	sqldriver.ConnPrepareContext
	sqldriver.ExecerContext
	sqldriver.QueryerContext
	sqldriver.NamedValueChecker
	sqldriver.SessionResetter
	sqldriver.Validator
	sqldriver.Pinger
}

// session is a connection that leaves its pool once its server is gone or no longer the one that writes.
type session struct {
	connection
	connector *connector
	at        int       // of the host
	checked   int64     // the doubts when the server was looked at
	next      time.Time // when it is looked at again
	ends      time.Time
	lost      bool
	tx        tracing.Span // of the transaction in progress
}

func newSession(c connection, from *connector, at int, doubts int64) *session {
	lifetime := minLifetime + rand.N(maxLifetime-minLifetime) //nolint:gosec // jitter, not a secret
	now := time.Now()
	return &session{connection: c, connector: from, at: at, checked: doubts, next: now.Add(checkEvery), ends: now.Add(lifetime)}
}

// note takes note of an error: a connection whose server is lost makes all others doubtful. A member that is
// leaving its group refuses every COMMIT or transaction for some seconds, in which it still calls itself the
// primary; that is no reason to go back to it once there is another.
func (s *session) note(err error) {
	if err != nil && !s.lost && IsLost(err) {
		s.lost = true
		s.connector.doubts.Add(1)
		if n := number(err); n == errHookFailed || n == errBeginNotAllowed {
			go s.connector.suspect(s.at, func(context.Context, int) bool { return false })
		}
	}
}

// ExecContext implements driver.ExecerContext.
func (s *session) ExecContext(ctx context.Context, query string, args []sqldriver.NamedValue) (sqldriver.Result, error) {
	span := tracing.StartQuery(ctx, s.tx, query)
	r, err := s.connection.ExecContext(ctx, query, args)
	span.Fail(kindOf(err))
	s.note(err)
	return r, err
}

// QueryContext implements driver.QueryerContext. Its span ends when the first row is there.
func (s *session) QueryContext(ctx context.Context, query string, args []sqldriver.NamedValue) (sqldriver.Rows, error) {
	span := tracing.StartQuery(ctx, s.tx, query)
	r, err := s.connection.QueryContext(ctx, query, args)
	span.Fail(kindOf(err))
	s.note(err)
	return r, err
}

// BeginTx implements driver.ConnBeginTx.
func (s *session) BeginTx(ctx context.Context, o sqldriver.TxOptions) (sqldriver.Tx, error) {
	s.tx = tracing.StartTransaction(ctx)
	tx, err := s.connection.BeginTx(ctx, o)
	if err != nil {
		s.endTx("begin", err)
		s.note(err)
		return nil, err
	}
	return transaction{tx, s}, nil
}

// endTx ends the span of the transaction.
func (s *session) endTx(outcome string, err error) {
	s.tx.EndTransaction(outcome, kindOf(err))
	s.tx = tracing.Span{}
}

// transaction notes the error of a commit.
type transaction struct {
	sqldriver.Tx
	session *session
}

// Commit implements driver.Tx.
func (t transaction) Commit() error {
	span := t.session.tx.Start("commit")
	err := t.Tx.Commit()
	span.Fail(kindOf(err))
	t.session.endTx("commit", err)
	t.session.note(err)
	return err
}

// Rollback implements driver.Tx.
func (t transaction) Rollback() error {
	err := t.Tx.Rollback()
	t.session.endTx("rollback", err)
	return err
}

// IsValid implements driver.Validator: a connection that is not valid does not go back to its pool.
func (s *session) IsValid() bool { return !s.lost && s.connection.IsValid() }

// ResetSession implements driver.SessionResetter, which runs before a connection is used again. It looks at
// the server after a doubt, and otherwise every second.
func (s *session) ResetSession(ctx context.Context) error {
	if s.lost || time.Now().After(s.ends) {
		return sqldriver.ErrBadConn
	}
	if err := s.connection.ResetSession(ctx); err != nil {
		return err
	}
	doubts, now := s.connector.doubts.Load(), time.Now()
	var err error
	switch {
	case s.connector.reads && doubts == s.checked:
		return nil
	case s.connector.reads:
		err = s.Ping(ctx)
	case doubts != s.checked, now.After(s.next) && s.connector.several():
		err = s.checkWrites(ctx)
	case now.After(s.next):
		err = s.checkReadOnly(ctx)
	default:
		return nil
	}
	if err != nil {
		s.note(err)
		return sqldriver.ErrBadConn
	}
	s.checked, s.next = doubts, now.Add(checkEvery)
	return nil
}

// checkReadOnly returns ErrReadOnly when the server is read-only.
func (s *session) checkReadOnly(ctx context.Context) error {
	readOnly, err := s.ask(ctx, isReadOnly)
	if err == nil && readOnly != "0" {
		err = ErrReadOnly
	}
	return err
}

// checkWrites returns ErrReadOnly when the server does not accept writes: it is a replica, was demoted, or
// is not part of its group or cluster.
func (s *session) checkWrites(ctx context.Context) error {
	if err := s.checkReadOnly(ctx); err != nil {
		return err
	}
	// NULL without Group Replication, no such table on MariaDB, and no right to read it elsewhere.
	group, err := s.ask(ctx, `SELECT CASE
			WHEN SUM(MEMBER_ID IN ('', @@server_uuid) AND MEMBER_STATE = 'OFFLINE') > 0 THEN 'outside'
			WHEN SUM(MEMBER_ID = @@server_uuid AND (MEMBER_STATE <> 'ONLINE' OR MEMBER_ROLE = 'SECONDARY')) > 0 THEN 'other'
			WHEN 2 * SUM(MEMBER_STATE IN ('ONLINE', 'RECOVERING')) <= COUNT(*) THEN 'minority'
		END FROM performance_schema.replication_group_members`)
	if err != nil && number(err) == 0 {
		return err
	}
	if group == "other" || group == "minority" || group == "outside" && s.connector.several() && s.hasGroup(ctx) {
		return ErrReadOnly
	}
	galera, err := s.ask(ctx, "SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = 'wsrep_ready'")
	if err != nil && number(err) == 0 {
		return err
	}
	if galera == "OFF" && s.isGalera(ctx) {
		return ErrReadOnly
	}
	return nil
}

// hasGroup reports whether the server is meant to be a member of a group. After a restart it accepts writes
// until it joins, and its group would not have them.
func (s *session) hasGroup(ctx context.Context) bool {
	name, err := s.ask(ctx, "SELECT @@global.group_replication_group_name")
	return err == nil && name != ""
}

// isGalera reports whether the server is meant to be part of a Galera cluster: MariaDB has the status
// variables of Galera without one, too.
func (s *session) isGalera(ctx context.Context) bool {
	on, err := s.ask(ctx, "SELECT @@global.wsrep_on")
	return err == nil && on == "1"
}

// ask returns the first value of a statement, "" without rows.
func (s *session) ask(ctx context.Context, query string) (string, error) {
	rows, err := s.connection.QueryContext(ctx, query, nil)
	if err != nil {
		return "", err
	}
	defer rows.Close() //nolint:errcheck // it was only read
	values := make([]sqldriver.Value, len(rows.Columns()))
	if err := rows.Next(values); err != nil {
		if errors.Is(err, io.EOF) {
			return "", nil
		}
		return "", err
	}
	if text, ok := values[0].([]byte); ok {
		return string(text), nil
	}
	return fmt.Sprint(values[0]), nil
}
