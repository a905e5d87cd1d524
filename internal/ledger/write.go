package ledger

import (
	"context"
	"slices"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/store"
)

// WritePlan carries a plan out. The transaction must hold the locks on all clusters of its graph; a value
// that nobody has is protected by its unique key: whoever is second to insert it gets a duplicate-key
// error, which is retryable.
func (tx *Tx) WritePlan(ctx context.Context, p *cluster.Plan) error {
	tx.writes = tx.writes || p.Changes()
	if err := tx.insertContacts(ctx, p.Added()); err != nil {
		return err
	}
	r := p.Resolve()
	if err := tx.writeResolution(ctx, r); err != nil {
		return err
	}
	if err := tx.writeRecords(ctx, p.Records()); err != nil {
		return err
	}
	for chunk := range slices.Chunk(p.Ended(), store.ChunkSize) {
		ended := store.AcceptRefusalsOfParams{KeyID: identity.ActorOf(ctx), ObservationIds: chunk}
		if err := tx.Queries.AcceptRefusalsOf(ctx, ended); err != nil {
			return err
		}
	}
	ids, err := tx.findIDs(ctx, r.Decisive())
	if err != nil {
		return err
	}
	tx.Tell(r.Events(ids)...)
	return tx.queueRefusals(ctx, p.Records(), ids)
}

// writeResolution stores links and ages.
func (tx *Tx) writeResolution(ctx context.Context, r cluster.Resolution) error {
	if err := tx.writeLinks(ctx, r.Moved); err != nil {
		return err
	}
	for _, d := range r.Displaced {
		if !d.Was.Partial {
			continue
		}
		err := tx.Queries.MoveSecondaries(ctx, store.MoveSecondariesParams{ToPrimaryID: &d.Now.ID, FromPrimaryID: &d.Was.ID})
		if err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) writeRecords(ctx context.Context, records []*cluster.NewRecord) error {
	var evidence, withheld []store.SeenPair
	for _, r := range records {
		seen := store.SeenPair{Pair: storedPair(r.Pair()), SeenAt: r.SeenAt, Withheld: r.Withheld}
		if r.Withheld == cluster.Linked {
			evidence = append(evidence, seen)
		} else {
			withheld = append(withheld, seen)
		}
	}
	if len(evidence) > 0 {
		if err := tx.Queries.InsertObservations(ctx, evidence); err != nil {
			return err
		}
	}
	if len(withheld) > 0 {
		return tx.Queries.WithholdObservations(ctx, withheld)
	}
	return nil
}

// findIDs returns the ids of recorded observations.
func (tx *Tx) findIDs(ctx context.Context, pairs []cluster.Pair) (map[cluster.Pair]uint64, error) {
	records, err := tx.FindRecords(ctx, pairs)
	ids := make(map[cluster.Pair]uint64, len(records))
	for pair, r := range records {
		ids[pair] = r.ID
	}
	return ids, err
}

// queueRefusals puts what was not linked into the queue.
func (tx *Tx) queueRefusals(ctx context.Context, records []*cluster.NewRecord, ids map[cluster.Pair]uint64) error {
	var refusals []store.NewRefusal
	for _, r := range records {
		if r.Withheld != cluster.Linked {
			refusals = append(refusals, store.NewRefusal{ObservationID: ids[r.Pair()], Code: r.Withheld})
		}
	}
	if len(refusals) == 0 {
		return nil
	}
	return tx.Queries.InsertRefusals(ctx, refusals)
}
