package linker

import (
	"context"
	"database/sql"
	"errors"

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
	return l.inSteps(ctx, dryRun, func(after uint64) (step, error) {
		return correct(ctx, l, dryRun, unblocking{id, after, l.bounds})
	})
}

// unblocking is one step of the end of a block.
type unblocking struct {
	block uint64
	after uint64 // the contact of the last observation that was looked at
	bounds
}

// blockedValue is a block with the kind of its value: of the two, one is not "".
type blockedValue struct {
	contact uint64
	value   identity.Observation
}

func (u unblocking) list(ctx context.Context, q *store.Queries) (b blockedValue, withheld []observed, err error) {
	block, err := q.FindBlock(ctx, u.block)
	if errors.Is(err, sql.ErrNoRows) {
		err = notFound("There is no block %d.", u.block)
	}
	if err != nil {
		return b, nil, err
	}
	holder, err := q.ListContactsByID(ctx, []uint64{block.ContactID})
	if err != nil {
		return b, nil, err
	}
	b.contact = block.ContactID
	for _, c := range holder {
		b.value = identity.Observation{Email: text(c.Email), Phone: text(c.PhoneNumber)}
	}
	withheld, err = observationsOfValue(ctx, q, b.contact, b.value, u.after, u.step+1, identity.ReasonBlocked)
	return b, withheld, err
}

// find names the contact of the value, and as many of the next ones as have bounds.read contacts in their
// clusters.
func (u unblocking) find(ctx context.Context, q *store.Queries) ([]uint64, error) {
	b, withheld, err := u.list(ctx, q)
	if err != nil {
		return nil, err
	}
	ids := []uint64{b.contact}
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
	sizes, err := sizesOf(ctx, q, rootsOf(at))
	if err != nil {
		return nil, err
	}
	root := make(map[uint64]uint64, len(at))
	for _, m := range at {
		root[m.contact] = m.root
	}
	delete(sizes, root[b.contact]) // read in part
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

func (u unblocking) apply(ctx context.Context, c *lockedClusters) (step, error) {
	b, withheld, err := u.list(ctx, c.q)
	if err != nil {
		return step{}, err
	}
	more := len(withheld) > u.step
	withheld = withheld[:min(len(withheld), u.step)]
	held := map[uint64]bool{}
	for _, m := range c.matches {
		held[m.contact] = true
	}
	if !held[b.contact] {
		return step{}, mysql.ErrRetry
	}
	for n, o := range withheld {
		if !held[o.other(b.value)] {
			withheld, more = withheld[:n], true
			break
		}
	}
	if more && len(withheld) == 0 {
		return step{}, mysql.ErrRetry
	}
	s := step{Blocking: Blocking{ID: u.block, ContactID: b.contact, Complete: !more}, of: ofValue(b.contact, b.value)}
	if more {
		s.next = withheld[len(withheld)-1].other(b.value)
	}
	return s, u.link(ctx, c, b, withheld, &s)
}

// link lets the value link again, with these observations.
func (u unblocking) link(ctx context.Context, c *lockedClusters, b blockedValue, withheld []observed, s *step) error {
	g, whole, err := c.clustersWith(ctx, b.contact)
	if err != nil {
		return err
	}
	before := g.render()
	hub := g.byID[b.contact]
	wasBlocked := hub.blocked
	hub.blocked = false
	if err := c.linker.readRules(ctx, c.q, g, g.matched()); err != nil {
		return err
	}
	if !whole {
		if err := g.readSeparationsFrom(ctx, c.q, hub.cluster.root); err != nil {
			return err
		}
	}
	p := newPlan(g, c.linker.policy, nil)
	p.readmit(withheld)
	s.linked, s.withheld = len(p.accepted), -len(p.pairs)
	if c.dryRun {
		p.resolve()
	} else if err := u.write(ctx, c.q, p, hub, wasBlocked, s.Complete); err != nil {
		return err
	}
	if whole && s.Complete {
		s.Change = Change{before, g.render()}
	}
	return nil
}

func (u unblocking) write(ctx context.Context, q *store.Queries, p *plan, hub *contact, wasBlocked, last bool) error {
	if wasBlocked {
		if err := q.MarkBlocked(ctx, store.MarkBlockedParams{Blocked: false, ID: hub.id}); err != nil {
			return err
		}
		if err := q.ReopenBlock(ctx, u.block); err != nil {
			return err
		}
		if err := writeEvents(ctx, q, []event{{store.EventsKindUnblocked, hub, hub.cluster.root, 0}}); err != nil {
			return err
		}
	}
	if err := p.write(ctx, q); err != nil {
		return err
	}
	if last {
		return q.DeleteBlock(ctx, u.block)
	}
	return nil
}
