package idempotency_test

import (
	"database/sql"
	"errors"
	"fmt"
	"testing"

	"github.com/identikit/identikit/internal/idempotency"
	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/mysqltest"
	"github.com/identikit/identikit/internal/store"
)

func TestMain(m *testing.M) { mysqltest.Main(m) }

// claim claims the same key each time, in a transaction of its own.
func claim(t *testing.T, db *mysqltest.DB) error {
	t.Helper()
	ctx := idempotency.With(t.Context(), idempotency.NewKey(1, "a", nil))
	return mysql.InTx(ctx, db.Pool, func(tx *sql.Tx) error { return idempotency.Claim(ctx, store.New(tx)) })
}

// Fails when a key does not work for a day, or works longer although nobody has deleted it.
func TestKeyWorksForADay(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	if err := claim(t, db); err != nil {
		t.Fatal(err)
	}
	age := func(hours int) {
		t.Helper()
		tx := linkertest.Begin(t, db.Pool)
		linkertest.Exec(t, tx, "UPDATE idempotency_keys SET created_at = CURRENT_TIMESTAMP(6) - INTERVAL ? HOUR", hours)
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
	}
	age(23)
	if _, repeated := errors.AsType[*idempotency.Repeated](claim(t, db)); !repeated {
		t.Error("it is forgotten after 23 hours")
	}
	age(25)
	if err := claim(t, db); err != nil {
		t.Errorf("after 25 hours: %v", err)
	}
	if _, repeated := errors.AsType[*idempotency.Repeated](claim(t, db)); !repeated {
		t.Error("it cannot be used again")
	}
}

// Fails when old keys are kept, or young ones deleted.
func TestDeleteOld(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	const old, young = 2500, 10
	tx := linkertest.Begin(t, db.Pool)
	for i := range old + young {
		digest := fmt.Sprintf("%064x", i)
		hours := 25
		if i >= old {
			hours = 23
		}
		linkertest.Exec(t, tx, `INSERT INTO idempotency_keys (digest, fingerprint, created_at)
			VALUES (?, ?, CURRENT_TIMESTAMP(6) - INTERVAL ? HOUR)`, digest, digest, hours)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	for _, want := range []int64{old, 0} {
		if n, err := idempotency.DeleteOld(t.Context(), db.Pool); n != want || err != nil {
			t.Errorf("deleted %d, %v, want %d", n, err, want)
		}
	}
	if n := linkertest.One[int](t, db.Pool, "SELECT COUNT(*) FROM idempotency_keys"); n != young {
		t.Errorf("%d keys are left, want %d", n, young)
	}
}
