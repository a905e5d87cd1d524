package linker_test

import (
	"testing"

	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/mysqltest"
)

// Fails when a transaction that changes a cluster does not write to its primary, so that no certification
// would see two of them on different nodes, or when one that changes nothing does.
func TestChangesWriteToThePrimary(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	l := linkertest.Open(t, db.Config)
	linkertest.LinkOne(t, l, linkertest.Saw("a@x.com", "1001"))
	version := func() string {
		return linkertest.One[string](t, db.Pool, "SELECT CAST(updated_at AS CHAR) FROM contacts WHERE id = 1")
	}
	for _, c := range []struct {
		name    string
		do      func() error
		changes bool
	}{
		{"link", func() error { linkertest.LinkOne(t, l, linkertest.Saw("b@x.com", "1001")); return nil }, true},
		{"link again", func() error { linkertest.LinkOne(t, l, linkertest.Saw("b@x.com", "1001")); return nil }, false},
		{"retract, dry run", func() error { _, err := l.Retract(t.Context(), 2, "a test", true); return err }, false},
		{"retract", func() error { _, err := l.Retract(t.Context(), 2, "a test", false); return err }, true},
		{"retract again", func() error { _, err := l.Retract(t.Context(), 2, "a test", false); return err }, false},
	} {
		before := version()
		if err := c.do(); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if changed := version() != before; changed != c.changes {
			t.Errorf("%s: written to the primary: %v, want %v", c.name, changed, c.changes)
		}
	}
}
