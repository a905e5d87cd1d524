// Package ledger reads clusters into graphs, locks them, and writes what package cluster worked out. It is
// the only package that changes which contacts there are, who is whose primary, which observations link,
// and what the feed tells. What a decision says of itself (a block, a refusal, a receipt) is written by
// its own package, in the same transaction.
//
// The lock on a primary is the mutex of its cluster: whoever changes a cluster must hold it. Locks are
// taken in the order of ids. They do not reach the other nodes of a group that all accept writes, so a
// transaction that changes a cluster also writes to its primary: of two at the same time on different
// nodes, one is refused when it commits.
package ledger

import (
	"context"
	"database/sql"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

// Ledger is the contacts of one database. It is safe for concurrent use, also by any number of processes.
type Ledger struct {
	db        *sql.DB
	readsBack bool // the ids of new contacts, whatever the server promises
}

// New returns the ledger of a migrated database.
func New(db *sql.DB) *Ledger { return &Ledger{db: db} }

// ReadingBack returns a ledger that reads the ids of new contacts, as it does on servers that do not
// promise consecutive ones.
func (l *Ledger) ReadingBack() *Ledger { return &Ledger{db: l.db, readsBack: true} }

// Reader returns a reader outside of transactions.
func (l *Ledger) Reader() Reader { return Reader{store.New(l.db)} }

// ReadSnapshot is Reader.ReadGraph from one snapshot: all of it is of one moment. It costs twice as many
// statements. It must not be used for what is then changed, which locks show as it is now.
func (l *Ledger) ReadSnapshot(ctx context.Context, observations []identity.Observation) (g *cluster.Graph, err error) {
	err = mysql.InSnapshot(ctx, l.db, func(tx *sql.Tx) error {
		g, _, err = Reader{store.New(tx)}.ReadGraph(ctx, observations)
		return err
	})
	return g, err
}

// Reader reads clusters. It locks nothing.
type Reader struct{ Queries *store.Queries }

// Tx is a transaction. Its reads see what was committed before each statement (READ COMMITTED).
type Tx struct {
	Reader
	readsBack bool
	locked    []uint64 // primaries
	writes    bool     // it changes the clusters that it has locked
	events    []cluster.Event
}

// InTx runs do in one transaction, and writes the events that it told. The transaction is committed if do
// returns nil and rolled back otherwise. Errors are returned unchanged.
func (l *Ledger) InTx(ctx context.Context, do func(*Tx) error) error {
	return mysql.InTx(ctx, l.db, func(sqlTx *sql.Tx) error {
		tx := &Tx{Reader: Reader{store.New(sqlTx)}, readsBack: l.readsBack}
		if err := do(tx); err != nil {
			return err
		}
		if err := tx.touchLocked(ctx); err != nil {
			return err
		}
		return tx.writeEvents(ctx)
	})
}
