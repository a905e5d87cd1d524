package mysql

import (
	sqldriver "database/sql/driver"
	"errors"
	"testing"
	"time"

	driver "github.com/go-sql-driver/mysql"
)

// Fails when work that lost its server is given up before a planned switch is over, or repeated for as
// long as callers wait, or repeated although its commit may have been carried out.
func TestLostServerIsTriedAgain(t *testing.T) {
	t.Parallel()
	unknown := errors.Join(errUnknownOutcome, driver.ErrInvalidConn)
	for name, c := range map[string]struct {
		run   func(func() error) error
		err   error
		lasts time.Duration
		ends  bool // without an error
	}{
		"read-only for a moment":         {retried(t), &driver.MySQLError{Number: 1290}, patience / 3, true},
		"leaving its group":              {retried(t), &driver.MySQLError{Number: 3799}, patience / 3, true},
		"connection lost":                {retried(t), sqldriver.ErrBadConn, patience / 3, true},
		"no server for long":             {retried(t), driver.ErrInvalidConn, time.Hour, false},
		"commit unknown":                 {retried(t), unknown, patience / 3, false},
		"commit unknown, to be repeated": {repeated(t), unknown, patience / 3, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			begun := time.Now()
			err := c.run(func() error {
				if time.Since(begun) < c.lasts {
					return c.err
				}
				return nil
			})
			if (err == nil) != c.ends || err != nil && !errors.Is(err, c.err) {
				t.Errorf("after %s: %v", time.Since(begun), err)
			}
			if took := time.Since(begun); took > 2*patience {
				t.Errorf("it took %s", took)
			}
		})
	}
}

// Fails when work is given up because its first attempt waited for a server that stood still: the next may
// reach another.
func TestPatienceBeginsWithTheLoss(t *testing.T) {
	t.Parallel()
	attempts := 0
	err := Retry(t.Context(), 1, func() error {
		if attempts++; attempts > 1 {
			return nil
		}
		time.Sleep(patience + time.Millisecond)
		return driver.ErrInvalidConn
	})
	if err != nil || attempts != 2 {
		t.Errorf("%d attempts: %v", attempts, err)
	}
}

func retried(t *testing.T) func(func() error) error {
	return func(do func() error) error { return Retry(t.Context(), 1, do) }
}

func repeated(t *testing.T) func(func() error) error {
	return func(do func() error) error { return Repeat(t.Context(), 1, do) }
}
