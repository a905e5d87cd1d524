package erasure

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

// maxChange is longer than any transaction that writes a reason can take: a request ends after ten
// minutes at the latest.
const maxChange = 15 * time.Minute

// reasonScan finds and empties the reasons of decisions that mention an erased value:
// what somebody wrote about one contact may name another.
//
// There may be many reasons, and others wait for the locks on a cluster. So scan reads all reasons
// before those locks are taken. Under them, forget reads only those that changed since then, and
// waits for transactions that are changing one. Both work in one transaction with the erasure: no
// reason that was written before the erasure survives it, and a dry run or an erasure that fails
// empties none.
type reasonScan struct {
	value identity.Observation
	since time.Time // what changed from then on may have escaped the scan; zero before the first scan

	found [][]uint64 // whose reasons mentioned the value, for each of the reasonTables
}

// scan looks for value. It locks nothing. Once done it does nothing for the same value, so that an
// erasure that is tried again need not read everything again.
func (s *reasonScan) scan(ctx context.Context, q *store.Queries, value identity.Observation) error {
	value.SeenAt = time.Time{}
	if s.value == value && !s.since.IsZero() {
		return nil
	}
	now, err := q.FindNow(ctx)
	if err != nil {
		return err
	}
	fresh := reasonScan{value: value, since: now.Add(-maxChange)}
	for _, t := range reasonTables(q) {
		ids, err := t.scan(ctx, value)
		if err != nil {
			return err
		}
		fresh.found = append(fresh.found, ids)
	}
	*s = fresh
	return nil
}

// scanContact is scan for all values of a contact. An unknown contact has none.
func (s *reasonScan) scanContact(ctx context.Context, q *store.Queries, id uint64) error {
	found, err := q.FindValues(ctx, id)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	var value identity.Observation
	if found.Email != nil {
		value.Email = *found.Email
	}
	if found.PhoneNumber != nil {
		value.Phone = *found.PhoneNumber
	}
	return s.scan(ctx, q, value)
}

// forget empties the reasons that mention value. It must run after
// scan, in the transaction that erases value. When scan looked for another value it returns
// mysql.ErrRetry: the contact's values changed in between.
func (s *reasonScan) forget(ctx context.Context, q *store.Queries, value identity.Observation) error {
	if s.value != value || s.since.IsZero() {
		return mysql.ErrRetry
	}
	for i, t := range reasonTables(q) {
		if err := t.forget(ctx, value, s.since, s.found[i]); err != nil {
			return err
		}
	}
	return nil
}
