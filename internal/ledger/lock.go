package ledger

import (
	"context"
	"slices"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

// LockPrimaries waits for the locks on primaries, which must ascend. It returns mysql.ErrRetry when one of
// them is a primary no longer: to lock the one in its place now could be out of order.
func (tx *Tx) LockPrimaries(ctx context.Context, ids []uint64) error {
	locked, err := store.InChunks(ids, func(chunk []uint64) ([]uint64, error) { return tx.Queries.LockRoots(ctx, chunk) })
	tx.locked = append(tx.locked, locked...)
	if err == nil && len(locked) < len(ids) {
		err = mysql.ErrRetry
	}
	return err
}

// Changes says that the transaction changes clusters that it has locked, in a way that no plan, revision or
// event shows.
func (tx *Tx) Changes() { tx.writes = true }

// touchLocked writes to the primaries that are locked, if the transaction changes their clusters.
func (tx *Tx) touchLocked(ctx context.Context) error {
	if !tx.writes {
		return nil
	}
	slices.Sort(tx.locked)
	for chunk := range slices.Chunk(slices.Compact(tx.locked), store.ChunkSize) {
		if err := tx.Queries.TouchRoots(ctx, chunk); err != nil {
			return err
		}
	}
	return nil
}

// LockFree locks those of the primaries, which must ascend, that no other transaction has locked, and
// returns them. It does not wait, except on TiDB.
func (tx *Tx) LockFree(ctx context.Context, ids []uint64) (map[uint64]bool, error) {
	free, err := store.InChunks(ids, func(chunk []uint64) ([]uint64, error) { return tx.lockFree(ctx, chunk) })
	tx.locked = append(tx.locked, free...)
	locked := make(map[uint64]bool, len(free))
	for _, id := range free {
		locked[id] = true
	}
	return locked, err
}

func (tx *Tx) lockFree(ctx context.Context, ids []uint64) ([]uint64, error) {
	rows, err := tx.Queries.LockFreeRoots(ctx, ids)
	if len(rows) > 0 && rows[0].IsTidb != 0 {
		return tx.Queries.LockRoots(ctx, ids)
	}
	free := make([]uint64, len(rows))
	for i, r := range rows {
		free[i] = r.ID
	}
	return free, err
}

// LockClusters locks the clusters of matches and reads them again, as ReadClusters does.
func (tx *Tx) LockClusters(ctx context.Context, matches Matches, observations []identity.Observation) (*cluster.Graph, error) {
	if err := tx.LockPrimaries(ctx, matches.Primaries()); err != nil {
		return nil, err
	}
	return tx.ReadClusters(ctx, matches, observations)
}

// lockContacts locks the clusters of contacts that were found in this attempt, and returns where the
// contacts are. It returns mysql.ErrRetry when one of them was erased or has moved to another cluster
// meanwhile.
func (tx *Tx) lockContacts(ctx context.Context, ids []uint64) (Matches, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	seen, err := tx.Locate(ctx, ids)
	if err != nil {
		return nil, err
	}
	if err := tx.LockPrimaries(ctx, seen.Primaries()); err != nil {
		return nil, err
	}
	matches, err := tx.Locate(ctx, ids)
	if err == nil && !slices.Equal(seen, matches) {
		err = mysql.ErrRetry
	}
	return matches, err
}

// FindContacts returns contacts with their primaries, in the order of ids, each once. It is
// CodeRecordNotFound or CodeContactErased for one that does not exist or was erased.
func (r Reader) FindContacts(ctx context.Context, ids []uint64) (Matches, error) {
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	rows, err := store.InChunks(ids, func(ids []uint64) ([]store.FindPrimariesRow, error) { return r.Queries.FindPrimaries(ctx, ids) })
	if err != nil {
		return nil, err
	}
	byID := make(map[uint64]store.FindPrimariesRow, len(rows))
	for _, row := range rows {
		byID[row.ID] = row
	}
	matches := make(Matches, len(ids))
	for i, id := range ids {
		row, found := byID[id]
		switch {
		case !found:
			return nil, identity.NoContact(id)
		case row.DeletedAt != nil:
			return nil, identity.ContactErased(id, *row.DeletedAt)
		}
		matches[i] = Match{id, row.PrimaryID}
	}
	return matches, nil
}

// Locate is FindContacts for contacts that were found before in the same attempt. It returns mysql.ErrRetry
// for one that was erased meanwhile.
func (r Reader) Locate(ctx context.Context, ids []uint64) (Matches, error) {
	matches, err := r.FindContacts(ctx, ids)
	if code := identity.CodeOf(err); code == identity.CodeContactErased || code == identity.CodeRecordNotFound {
		err = mysql.ErrRetry
	}
	return matches, err
}

// FindContact returns one contact outside any graph, nil when there is none.
func (r Reader) FindContact(ctx context.Context, id uint64) (*cluster.Contact, error) {
	rows, err := r.Queries.ListContactsByID(ctx, []uint64{id})
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return toContact(rows[0]), nil
}

// Probe returns an error that is a lock wait timeout when another transaction is inserting one of the
// values. Outside a transaction it keeps no lock.
func (r Reader) Probe(ctx context.Context, o identity.Observation) error {
	if o.Email != "" {
		if _, err := r.Queries.ProbeEmail(ctx, &o.Email); err != nil {
			return err
		}
	}
	if o.Phone != "" {
		if _, err := r.Queries.ProbePhoneNumber(ctx, &o.Phone); err != nil {
			return err
		}
	}
	return nil
}
