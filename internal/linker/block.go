package linker

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

// Steps bound how many observations change in one transaction: others wait for its locks.
const (
	blockStep   = 1000
	unblockStep = 100 // of which each may bring a cluster
)

// Blocking is a block and how far it got. Linking observations glue their clusters still; the same
// call goes on with them.
type Blocking struct {
	ID, ContactID uint64
	Linking       int64
	Withheld      int64
	Ended         bool // the block is no more
	Change
}

// Block declares that a value identifies nobody. From now on it links no one, and its cluster comes
// apart: its observations are withheld, a bounded number in one transaction, as many times as half of
// ctx's time allows. What is left is in Linking, and done when the value is blocked again. A value
// that was never seen is stored, so that it is known when it comes; a dry run leaves that out.
func (l *Linker) Block(ctx context.Context, value identity.Observation, reason string, dryRun bool) (Blocking, error) {
	var b Blocking
	find := func(ctx context.Context, q *store.Queries) ([]uint64, error) {
		found, err := q.FindMatches(ctx, values([]identity.Observation{value}))
		if err == nil && len(found) == 0 {
			err = errUnseen
		}
		if err != nil {
			return nil, err
		}
		return []uint64{found[0].ID}, nil
	}
	err := l.inSteps(ctx, dryRun, func() (bool, error) {
		change, err := l.change(ctx, dryRun, find, func(ctx context.Context, q *store.Queries, g *graph) error {
			c, err := alone(ctx, q, g, value)
			if err != nil {
				return err
			}
			return b.step(ctx, q, g, c, reason, limit(blockStep, dryRun))
		})
		if errors.Is(err, errUnseen) {
			return dryRun, l.introduce(ctx, value, dryRun)
		}
		b.add(change)
		return b.Linking == 0, err
	})
	return b, err
}

// errUnseen says that nobody holds the value.
var errUnseen = &identity.Error{Code: identity.CodeNotFound, Detail: "No contact holds this value."}

// introduce stores a value that was never seen.
func (l *Linker) introduce(ctx context.Context, value identity.Observation, dryRun bool) error {
	if dryRun {
		return nil
	}
	clusters, err := l.Link(ctx, []identity.Observation{value})
	if err == nil && clusters[0].PrimaryID == 0 {
		err = conflict("This value was erased for good: it links no one, and is not stored to be blocked.")
	}
	return err
}

// alone returns the contact that holds the value and nothing else; it splits one that does.
func alone(ctx context.Context, q *store.Queries, g *graph, value identity.Observation) (*contact, error) {
	holder := func() *contact {
		if value.Email != "" {
			return g.byEmail[value.Email]
		}
		return g.byPhone[value.Phone]
	}
	c := holder()
	if c == nil {
		return nil, mysql.ErrRetry
	}
	if c.values() == 2 {
		if err := splitContact(ctx, q, g, c); err != nil {
			return nil, err
		}
	}
	return holder(), nil
}

// step blocks the contact, if it is not yet, and withholds the next of its observations.
func (b *Blocking) step(ctx context.Context, q *store.Queries, g *graph, c *contact, reason string, most int32) error {
	id, err := q.InsertBlock(ctx, store.InsertBlockParams{ContactID: c.id, Reason: reason})
	if err != nil {
		return err
	}
	var events []store.NewEvent
	if !c.blocked {
		c.blocked = true
		if err := q.MarkBlocked(ctx, store.MarkBlockedParams{Blocked: true, ID: c.id}); err != nil {
			return err
		}
		events = append(events, store.NewEvent{Kind: store.EventsKindBlocked, ContactID: c.id, PrimaryID: c.cluster.root.id})
	}
	if c.email != "" {
		_, err = q.BlockEmail(ctx, store.BlockEmailParams{EmailContactID: c.id, Limit: most})
	} else {
		_, err = q.BlockPhoneNumber(ctx, store.BlockPhoneNumberParams{PhoneContactID: c.id, Limit: most})
	}
	if err != nil {
		return err
	}
	split, err := settle(ctx, q, g)
	if err != nil {
		return err
	}
	if events = append(events, split...); len(events) > 0 {
		if err := q.InsertEvents(ctx, events); err != nil {
			return err
		}
	}
	b.ID, b.ContactID = uint64(id), c.id //nolint:gosec // an id is not negative
	return b.count(ctx, q)
}

func (b *Blocking) count(ctx context.Context, q *store.Queries) error {
	n, err := q.CountBlocked(ctx, store.CountBlockedParams{ContactID: b.ContactID})
	b.Linking, b.Withheld = n.Linking, n.Blocked
	return err
}

// add takes the next step's change into the whole: before is what the steps found first.
func (b *Blocking) add(next Change) {
	made := func(c identity.Cluster) bool {
		return slices.ContainsFunc(next.Before, func(n identity.Cluster) bool { return n.PrimaryID == c.PrimaryID })
	}
	for _, c := range next.Before {
		if !slices.ContainsFunc(b.After, func(a identity.Cluster) bool { return a.PrimaryID == c.PrimaryID }) {
			b.Before = append(b.Before, c)
		}
	}
	b.After = append(slices.DeleteFunc(b.After, made), next.After...)
}

// Unblock takes a block back and links again what was kept, as far as nothing else forbids it: a
// bounded number of observations in one transaction, as many times as half of ctx's time allows. What
// is left is in Withheld, and done when the same is called again; the block ends with the last. An
// unknown id is CodeNotFound.
func (l *Linker) Unblock(ctx context.Context, id uint64, dryRun bool) (Blocking, error) {
	b := Blocking{ID: id}
	var after uint64
	err := l.inSteps(ctx, dryRun, func() (bool, error) {
		var next []store.ListWithheldBetweenRow
		most := limit(unblockStep, dryRun)
		change, err := l.change(ctx, dryRun, func(ctx context.Context, q *store.Queries) (ids []uint64, err error) {
			b.ContactID, next, err = nextBlocked(ctx, q, id, after, most)
			ids = []uint64{b.ContactID}
			for _, o := range next {
				ids = append(ids, o.EmailContactID, o.PhoneContactID)
			}
			slices.Sort(ids)
			return slices.Compact(ids), err
		}, func(ctx context.Context, q *store.Queries, g *graph) error {
			return l.unblock(ctx, q, g, &b, next, len(next) < int(most))
		})
		if err != nil {
			return true, err
		}
		b.add(change)
		if len(next) > 0 {
			after = next[len(next)-1].ID
		}
		return len(next) < int(most), nil
	})
	return b, err
}

// nextBlocked returns the contact of a block, and the next observations that it withholds.
func nextBlocked(ctx context.Context, q *store.Queries, id, after uint64, most int32) (uint64, []store.ListWithheldBetweenRow, error) {
	block, err := q.FindBlock(ctx, id)
	if errors.Is(err, sql.ErrNoRows) {
		err = &identity.Error{Code: identity.CodeNotFound, Detail: fmt.Sprintf("There is no block %d.", id)}
	}
	if err != nil {
		return 0, nil, err
	}
	found, err := q.ListBlocked(ctx, store.ListBlockedParams{ContactID: block.ContactID, AfterID: after, Limit: most})
	next := make([]store.ListWithheldBetweenRow, len(found))
	for i, o := range found {
		next[i] = store.ListWithheldBetweenRow(o)
	}
	return block.ContactID, next, err
}

func (l *Linker) unblock(
	ctx context.Context, q *store.Queries, g *graph, b *Blocking, next []store.ListWithheldBetweenRow, last bool,
) error {
	c := g.byID[b.ContactID]
	c.blocked = false
	if err := q.MarkBlocked(ctx, store.MarkBlockedParams{Blocked: false, ID: c.id}); err != nil {
		return err
	}
	if err := l.readmit(ctx, q, g, next); err != nil {
		return err
	}
	if last {
		b.Ended = true
		if err := q.DeleteBlock(ctx, b.ID); err != nil {
			return err
		}
		unblocked := store.NewEvent{Kind: store.EventsKindUnblocked, ContactID: c.id, PrimaryID: c.cluster.root.id}
		if err := q.InsertEvents(ctx, []store.NewEvent{unblocked}); err != nil {
			return err
		}
	}
	return b.count(ctx, q)
}

// inSteps repeats step until it is done, fails, or has used half of ctx's time. A dry run is one
// step: the next would begin where it began.
func (l *Linker) inSteps(ctx context.Context, dryRun bool, step func() (done bool, err error)) error {
	end := time.Now().Add(time.Hour)
	if deadline, ok := ctx.Deadline(); ok {
		end = time.Now().Add(time.Until(deadline) / 2)
	}
	for {
		done, err := step()
		if err != nil || done || dryRun || time.Now().After(end) {
			return err
		}
	}
}

// limit is what one step takes: all of it in a dry run.
func limit(step int32, dryRun bool) int32 {
	if dryRun {
		return 1_000_000
	}
	return step
}
