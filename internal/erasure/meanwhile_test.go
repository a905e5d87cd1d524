package erasure_test

import (
	"testing"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/mysqltest"
)

// Fails when an operation that found a contact before it was erased goes on with the tombstone, or answers
// about that contact although the request did not name it.
func TestOperationsOnWhoIsErasedMeanwhile(t *testing.T) { //nolint:paralleltest // see WaitBlocked
	const one, other = 1, 2 // contacts, each with an e-mail address and a phone number
	phone := linkertest.Saw("", "4155550101")
	nothing := func(*testing.T, *linkertest.System) error { return nil }
	block := func(t *testing.T, l *linkertest.System) error {
		_, err := l.Block(t.Context(), phone, "a test", false)
		return err
	}
	retract := func(t *testing.T, l *linkertest.System) error {
		_, err := l.Retract(t.Context(), 1, "a test", false)
		return err
	}
	for name, c := range map[string]struct {
		before, do func(*testing.T, *linkertest.System) error
		want       identity.Code // "" for none
	}{
		"separate": {nothing, func(t *testing.T, l *linkertest.System) error {
			_, err := l.Separate(t.Context(), one, other, "a test", false)
			return err
		}, identity.CodeContactErased},
		"block":   {nothing, block, ""},
		"retract": {nothing, retract, identity.CodeRecordNotFound},
		"restore": {retract, func(t *testing.T, l *linkertest.System) error {
			_, err := l.Restore(t.Context(), 1, false)
			return err
		}, identity.CodeRecordNotFound},
		"unblock": {block, func(t *testing.T, l *linkertest.System) error {
			_, err := l.Unblock(t.Context(), 1, false)
			return err
		}, identity.CodeRecordNotFound},
		"erase whom it was separated from": {func(t *testing.T, l *linkertest.System) error {
			_, err := l.Separate(t.Context(), one, other, "a test", false)
			return err
		}, func(t *testing.T, l *linkertest.System) error {
			_, err := l.Erase(t.Context(), other, false, false)
			return err
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			db := mysqltest.NewDB(t)
			l := linkertest.OpenEraser(t, db)
			linkertest.LinkOne(t, l, linkertest.Saw("one@example.com", phone.Phone))
			linkertest.LinkOne(t, l, linkertest.Saw("other@example.com", "4155550102"))
			if err := c.before(t, l); err != nil {
				t.Fatal(err)
			}
			holder := linkertest.One[uint64](t, db.Pool, "SELECT id FROM contacts WHERE phone_number = '4155550101'")
			eraser := linkertest.Begin(t, db.Pool)
			linkertest.Exec(t, eraser, "SELECT id FROM contacts WHERE id IN (1, ?) FOR UPDATE", holder)
			done := make(chan error, 1)
			go func() { done <- c.do(t, l) }()
			linkertest.WaitBlocked(t, eraser, db.Pool)
			for _, statement := range []string{
				"DELETE FROM observations WHERE id = 1", "DELETE FROM separations", "DELETE FROM blocks", "DELETE FROM refusals",
				"DELETE FROM retractions",
			} {
				linkertest.Exec(t, eraser, statement)
			}
			linkertest.Exec(t, eraser, `UPDATE contacts SET email = NULL, phone_number = NULL, blocked = FALSE, deleted_at = NOW(6)
				WHERE id IN (1, ?)`, holder)
			if err := eraser.Commit(); err != nil {
				t.Fatal(err)
			}
			if err := <-done; identity.CodeOf(err) != c.want && (c.want != "" || err != nil) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}
