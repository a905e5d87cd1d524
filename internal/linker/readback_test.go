package linker_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysqltest"
)

// Fails when a contact that comes back from the database with another value than was written ends
// in a nil dereference. A trigger changes the value on its way.
func TestContactThatWasChangedOnItsWayIsAnError(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	l := openLinker(t, db.Config)
	_, err := db.Pool.ExecContext(t.Context(), `CREATE TRIGGER changes_values BEFORE INSERT ON contacts
		FOR EACH ROW SET NEW.email = 'secret@example.com'`)
	if err != nil {
		t.Fatal(err)
	}
	_, err = l.Link(t.Context(), []identity.Observation{saw("", "99123456")})
	if identity.CodeOf(err) != identity.CodeInternal {
		t.Fatalf("got %v, want an internal error", err)
	}
	if text := errors.Unwrap(err).Error(); !strings.Contains(text, "contact 1 ") || strings.Contains(text, "secret") {
		t.Errorf("the cause does not name the contact alone: %s", text)
	}
}
