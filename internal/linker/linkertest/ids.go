package linkertest

import (
	"database/sql"
	"strconv"
	"testing"

	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/mysqltest"
)

// IDs are the ids that a server generates: the first, and how far each is from the one before.
type IDs struct{ First, Step uint64 }

// Dense is what a single server generates.
func Dense() IDs { return IDs{1, 1} }

// OfNode returns the ids of one of up to seven nodes that all accept writes, by number from 1. Group
// Replication has steps of seven by default, whatever the number of nodes.
func OfNode(node uint64) IDs { return IDs{node, 7} }

// Numberings are the ids with which a linker is tested. Nodes are counted from 1; this is the third.
func Numberings() map[string]IDs {
	return map[string]IDs{"ids 1, 2, 3": Dense(), "ids 3, 10, 17": OfNode(3)}
}

// Nth returns an id by its position, counted from 1.
func (ids IDs) Nth(n uint64) uint64 { return ids.First + (n-1)*ids.Step }

// After returns ids that continue after the given number of them.
func (ids IDs) After(n int) IDs { return IDs{ids.First + uint64(n)*ids.Step, ids.Step} } //nolint:gosec // a length

// Config returns the configuration of a database whose server generates these ids.
func (ids IDs) Config(t testing.TB, db *mysqltest.DB) mysql.Config {
	t.Helper()
	return With(t, db, map[string]string{
		"auto_increment_increment": strconv.FormatUint(ids.Step, 10),
		"auto_increment_offset":    strconv.FormatUint(ids.First, 10),
	})
}

// Open returns a pool whose server generates these ids.
func (ids IDs) Open(t testing.TB, db *mysqltest.DB) *sql.DB {
	t.Helper()
	return openPool(t, ids.Config(t, db))
}
