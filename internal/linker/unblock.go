package linker

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

// Unblock ends a block. The value links from now on, and what was withheld links again as far as nothing
// else forbids it, in the order of the ids of the contacts with the other values: a bounded number of
// observations in one transaction, as many times as half of ctx's time allows. Where it is not complete,
// the same call continues; the block is gone with the last observation. A dry run shows the first step. An
// unknown id is CodeNotFound.
func (l *Linker) Unblock(ctx context.Context, id uint64, dryRun bool) (Blocking, error) {
	return inSteps(ctx, dryRun, func() (Blocking, error) {
		return correct(ctx, l, dryRun, unblocking{id, l.bounds})
	})
}

// unblocking is one step of the end of a block.
type unblocking struct {
	block uint64
	bounds
}

// blockedValue is a block and the contact that it is of.
type blockedValue struct {
	store.Block
	value  identity.Observation // of the two, one is not ""
	begins bool                 // its end does
}

// list returns the block, and the next observations that it withholds.
func (u unblocking) list(ctx context.Context, q *store.Queries) (b blockedValue, withheld []observed, err error) {
	b.Block, err = q.FindBlock(ctx, u.block)
	if errors.Is(err, sql.ErrNoRows) {
		err = notFound("There is no block %d.", u.block)
	}
	if err != nil {
		return b, nil, err
	}
	holder, err := q.ListContactsByID(ctx, []uint64{b.ContactID})
	if err != nil {
		return b, nil, err
	}
	for _, c := range holder {
		b.value, b.begins = identity.Observation{Email: text(c.Email), Phone: text(c.PhoneNumber)}, c.Blocked
	}
	if b.begins {
		b.AfterID, b.Complete = 0, false
	}
	withheld, err = observationsOfValue(ctx, q, b.ContactID, b.value, b.AfterID, u.step+1, identity.ReasonBlocked)
	return b, withheld, err
}

// find names the contact of the value, and as many of the next ones as have bounds.read contacts in their
// clusters.
func (u unblocking) find(ctx context.Context, q *store.Queries) ([]uint64, error) {
	b, withheld, err := u.list(ctx, q)
	if err != nil {
		return nil, err
	}
	ids := []uint64{b.ContactID}
	if len(withheld) == 0 {
		return ids, nil
	}
	for _, o := range withheld[:min(len(withheld), u.step)] {
		ids = append(ids, o.other(b.value))
	}
	at, err := findContacts(ctx, q, ids)
	if err != nil {
		return nil, err
	}
	root := make(map[uint64]uint64, len(at))
	for _, m := range at {
		root[m.contact] = m.root
	}
	own := root[b.ContactID] // read in part
	sizes, err := sizesOf(ctx, q, slices.DeleteFunc(rootsOf(at), func(id uint64) bool { return id == own }))
	if err != nil {
		return nil, err
	}
	total := 0
	for n, id := range ids[1:] {
		total += sizes[root[id]]
		delete(sizes, root[id])
		if total > u.read && n > 0 {
			return ids[:1+n], nil
		}
	}
	return ids, nil
}

// sizesOf returns how many contacts the clusters of primaries have.
func sizesOf(ctx context.Context, q *store.Queries, roots []uint64) (map[uint64]int, error) {
	rows, err := store.InChunks(roots, func(ids []uint64) ([]store.CountSecondariesRow, error) {
		return q.CountSecondaries(ctx, pointers(ids))
	})
	sizes := make(map[uint64]int, len(roots))
	for _, root := range roots {
		sizes[root] = 1
	}
	for _, r := range rows {
		sizes[uint64(r.PrimaryID)] += int(r.Secondaries) //nolint:gosec // an id is not negative
	}
	return sizes, err
}

func pointers(ids []uint64) []*uint64 {
	all := make([]*uint64, len(ids))
	for i := range ids {
		all[i] = &ids[i]
	}
	return all
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func (u unblocking) apply(ctx context.Context, c *lockedClusters) (Blocking, error) {
	b, withheld, err := u.list(ctx, c.q)
	if err != nil {
		return Blocking{}, err
	}
	withheld, more, err := u.within(c, b, withheld)
	if err != nil {
		return Blocking{}, err
	}
	at, err := goOn(ctx, c.q, b.Block, b.begins, b.ContactID, b.value)
	if err != nil {
		return Blocking{}, err
	}
	at.Complete = !more
	if more {
		at.after = withheld[len(withheld)-1].other(b.value)
	}
	return u.link(ctx, c, b, withheld, at)
}

// within returns the first observations whose contacts are locked, and whether there are more.
func (u unblocking) within(c *lockedClusters, b blockedValue, withheld []observed) (first []observed, more bool, err error) {
	more = len(withheld) > u.step
	withheld = withheld[:min(len(withheld), u.step)]
	held := map[uint64]bool{}
	for _, m := range c.matches {
		held[m.contact] = true
	}
	for n, o := range withheld {
		if !held[o.other(b.value)] {
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
func (u unblocking) link(ctx context.Context, c *lockedClusters, b blockedValue, withheld []observed, at Blocking) (Blocking, error) {
	g, whole, err := c.clustersWith(ctx, b.ContactID)
	if err != nil {
		return at, err
	}
	before := g.render()
	hub := g.byID[b.ContactID]
	unblocked := event{identity.EventUnblocked, hub, hub.cluster.root, 0}
	hub.blocked = false
	if err := c.linker.readRules(ctx, c.q, g, g.matched()); err != nil {
		return at, err
	}
	if !whole {
		if err := g.readSeparationsFrom(ctx, c.q, hub.cluster.root); err != nil {
			return at, err
		}
	}
	p := newPlan(g, c.linker.policy, nil)
	p.decideAgain(withheld)
	at.Linking += len(p.accepted)
	at.Withheld = max(0, at.Withheld-len(p.pairs)) // some may have been erased since they were counted
	if c.dryRun {
		p.resolve()
	} else if err := u.write(ctx, c.q, p, unblocked, b.begins, at); err != nil {
		return at, err
	}
	if whole && b.begins && at.Complete {
		at.Change = Change{before, g.render()}
	}
	return at, nil
}

func (u unblocking) write(ctx context.Context, q *store.Queries, p *plan, unblocked event, begins bool, at Blocking) error {
	if begins {
		if err := q.MarkBlocked(ctx, store.MarkBlockedParams{Blocked: false, ID: unblocked.contact.id}); err != nil {
			return err
		}
		if err := writeEvents(ctx, q, []event{unblocked}); err != nil {
			return err
		}
	}
	if err := p.write(ctx, q); err != nil {
		return err
	}
	if at.Complete {
		return q.DeleteBlock(ctx, u.block)
	}
	return q.UpdateBlock(ctx, store.UpdateBlockParams{
		ID: u.block, AfterID: at.after, Linking: uint32(at.Linking), Withheld: uint32(at.Withheld), //nolint:gosec // counts of rows
	})
}
