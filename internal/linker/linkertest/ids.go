package linkertest

import (
	"database/sql"
	"fmt"
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

// Numberings are the ids with which a linker is tested: those of a single server, and of the third node.
func Numberings() []IDs { return []IDs{Dense(), OfNode(3)} }

// String lists the first three.
func (ids IDs) String() string {
	return fmt.Sprintf("ids %d, %d, %d", ids.Nth(1), ids.Nth(2), ids.Nth(3))
}

// Nth returns an id by its position, counted from 1.
func (ids IDs) Nth(n uint64) uint64 { return ids.First + (n-1)*ids.Step }

// After returns the ids that follow one of them.
func (ids IDs) After(last uint64) IDs { return IDs{last + ids.Step, ids.Step} }

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

// Stage is a database for several runs of a random test, one after the other.
type Stage struct {
	IDs // of the next contacts
	DB  *mysqltest.DB
	Own *sql.DB // generates these ids
}

// Stages returns a stage for each of Numberings.
func Stages(t testing.TB) (stages []*Stage) {
	t.Helper()
	for _, ids := range Numberings() {
		db := mysqltest.NewDB(t)
		stages = append(stages, &Stage{ids, db, ids.Open(t, db)})
	}
	return stages
}
