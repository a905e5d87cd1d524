package correction

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/ledger"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

// Unblock ends a block. The value links from now on, and what was withheld links again as far as nothing
// else forbids it, in the order of the ids of the contacts with the other values: a bounded number of
// observations in one transaction, as many times as half of ctx's time allows. Where it is not complete,
// the same call continues; the block is gone with the last observation. A dry run shows the first step. An
// unknown id is CodeRecordNotFound.
func (c *Corrector) Unblock(ctx context.Context, id uint64, dryRun bool) (Blocking, error) {
	var last *Blocking
	return inSteps(ctx, dryRun, func() (Blocking, error) {
		b, err := ledger.Decide(ctx, c.ledger, dryRun, unblocking{id, c.policy, c.bounds})
		if last != nil && identity.CodeOf(err) == identity.CodeRecordNotFound { // another request has done the rest
			last.Complete = true
			return *last, nil
		}
		last = &b
		return b, err
	})
}

// unblocking is one step of the end of a block.
type unblocking struct {
	block  uint64
	policy cluster.Policy
	bounds
}

// blockedValue is a block and the contact that it is of.
type blockedValue struct {
	store.Block
	value  identity.Observation // of the two, one is not ""
	begins bool                 // its end does
}

// list returns the block, and the next observations that it withholds.
func (u unblocking) list(ctx context.Context, r ledger.Reader) (b blockedValue, withheld []cluster.Observed, err error) {
	b.Block, err = r.Queries.FindBlock(ctx, u.block)
	if errors.Is(err, sql.ErrNoRows) {
		err = identity.Errorf(identity.CodeRecordNotFound, "There is no block %d.", u.block)
	}
	if err != nil {
		return b, nil, err
	}
	holder, err := r.FindContact(ctx, b.ContactID)
	if err != nil {
		return b, nil, err
	}
	if holder != nil {
		b.value, b.begins = identity.Observation{Email: holder.Email, Phone: holder.Phone}, holder.Blocked
	}
	if b.begins {
		b.AfterID, b.Complete = 0, false
	}
	withheld, err = r.ListObservationsOf(ctx, b.ContactID, b.value, identity.ReasonBlocked, b.AfterID, u.step+1)
	return b, withheld, err
}

// Find names the contact of the value, and as many of the next ones as have bounds.read contacts in their
// clusters.
func (u unblocking) Find(ctx context.Context, r ledger.Reader) ([]uint64, error) {
	b, withheld, err := u.list(ctx, r)
	if err != nil {
		return nil, err
	}
	ids := []uint64{b.ContactID}
	if len(withheld) == 0 {
		return ids, nil
	}
	for _, o := range withheld[:min(len(withheld), u.step)] {
		ids = append(ids, otherEnd(o, b.value))
	}
	at, err := r.Locate(ctx, ids)
	if err != nil {
		return nil, err
	}
	primary := make(map[uint64]uint64, len(at))
	for _, m := range at {
		primary[m.ContactID] = m.PrimaryID
	}
	own := primary[b.ContactID] // read in part
	sizes, err := sizesOf(ctx, r, slices.DeleteFunc(at.Primaries(), func(id uint64) bool { return id == own }))
	if err != nil {
		return nil, err
	}
	total := 0
	for n, id := range ids[1:] {
		total += sizes[primary[id]]
		delete(sizes, primary[id])
		if total > u.read && n > 0 {
			return ids[:1+n], nil
		}
	}
	return ids, nil
}

// sizesOf returns how many contacts the clusters of primaries have.
func sizesOf(ctx context.Context, r ledger.Reader, primaries []uint64) (map[uint64]int, error) {
	rows, err := store.InChunks(primaries, func(ids []uint64) ([]store.CountSecondariesRow, error) {
		asked := make([]*uint64, len(ids))
		for i := range ids {
			asked[i] = &ids[i]
		}
		return r.Queries.CountSecondaries(ctx, asked)
	})
	sizes := make(map[uint64]int, len(primaries))
	for _, id := range primaries {
		sizes[id] = 1
	}
	for _, row := range rows {
		sizes[uint64(row.PrimaryID)] += int(row.Secondaries) //nolint:gosec // an id is not negative
	}
	return sizes, err
}

// Apply implements ledger.Decision.
func (u unblocking) Apply(ctx context.Context, l *ledger.Locked) (Blocking, error) {
	b, withheld, err := u.list(ctx, l.Reader)
	if err != nil {
		return Blocking{}, err
	}
	withheld, more, err := u.within(l, b, withheld)
	if err != nil {
		return Blocking{}, err
	}
	at, err := goOn(ctx, l.Queries, b.Block, b.begins, b.ContactID, b.value)
	if err != nil {
		return Blocking{}, err
	}
	at.Complete = !more
	if more {
		at.after = otherEnd(withheld[len(withheld)-1], b.value)
	}
	return u.link(ctx, l, b, withheld, at)
}

// within returns the first observations whose contacts are locked, and whether there are more.
func (u unblocking) within(l *ledger.Locked, b blockedValue, withheld []cluster.Observed) (first []cluster.Observed, more bool, err error) {
	more = len(withheld) > u.step
	withheld = withheld[:min(len(withheld), u.step)]
	held := map[uint64]bool{}
	for _, id := range l.Matches.Contacts() {
		held[id] = true
	}
	for n, o := range withheld {
		if !held[otherEnd(o, b.value)] {
			withheld, more = withheld[:n], true
			break
		}
	}
	if !held[b.ContactID] || more && len(withheld) == 0 {
		return nil, false, mysql.ErrRetry
	}
	return withheld, more, nil
}

// link lets the value link again, with these observations.
func (u unblocking) link(
	ctx context.Context, l *ledger.Locked, b blockedValue, withheld []cluster.Observed, at Blocking,
) (Blocking, error) {
	own, err := l.Match(b.ContactID)
	if err != nil {
		return at, err
	}
	g, whole, err := l.ReadClustersAround(ctx, l.Matches, own, u.shown, u.policy)
	if err != nil {
		return at, err
	}
	before := g.Clusters()
	hub := g.ByID(b.ContactID)
	hub.Blocked = false
	if b.begins && !l.DryRun {
		if err := l.Queries.MarkBlocked(ctx, store.MarkBlockedParams{Blocked: false, ID: hub.ID}); err != nil {
			return at, err
		}
		l.Tell(cluster.Event{Kind: identity.EventUnblocked, Contact: hub, Primary: hub.Primary()})
	}
	p := cluster.NewPlan(g, u.policy, nil)
	p.DecideAgain(withheld)
	at.Linking += len(p.Ended())
	at.Withheld = max(0, at.Withheld-len(p.Records())) // some may have been erased since they were counted
	if err := carryOut(ctx, l, p); err != nil {
		return at, err
	}
	if !l.DryRun {
		if err := u.store(ctx, l.Queries, at); err != nil {
			return at, err
		}
	}
	if whole && b.begins && at.Complete {
		at.Change = Change{before, g.Clusters()}
	}
	return at, nil
}

// store stores how far the end of the block got.
func (u unblocking) store(ctx context.Context, q *store.Queries, at Blocking) error {
	if at.Complete {
		return q.DeleteBlock(ctx, u.block)
	}
	return q.UpdateBlock(ctx, store.UpdateBlockParams{
		ID: u.block, AfterID: at.after, Linking: uint32(at.Linking), Withheld: uint32(at.Withheld), //nolint:gosec // counts of rows
	})
}
