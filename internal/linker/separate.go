package linker

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

// Separation is two contacts that are different people.
type Separation struct {
	ID                 uint64 // 0 in a dry run of a new one
	ContactID, OtherID uint64 // the smaller id first
	Change
}

// Separate declares two contacts to be different people: from now on no observation unites their
// clusters. A separation that exists keeps its id and gets the new reason. It is CodeConflict while the
// two are in one cluster, CodeInvalid when they are one contact.
func (l *Linker) Separate(ctx context.Context, contact, other uint64, reason string, dryRun bool) (Separation, error) {
	if contact == other {
		return Separation{}, errOneContact
	}
	return correct(ctx, l, dryRun, separating{contact: min(contact, other), other: max(contact, other), reason: reason})
}

var errOneContact = &identity.Error{
	Code: identity.CodeInvalid, Detail: "contactId and otherContactId must be two different contacts.",
}

// SeparateValues is Separate for the contacts that hold two values, each given as an observation with
// one. A value that nobody holds is stored. A separation that exists stays as it is.
func (l *Linker) SeparateValues(ctx context.Context, one, other identity.Observation, reason string) error {
	values := []identity.Observation{one, other}
	clusters, err := l.Link(ctx, values)
	if err != nil {
		return err
	}
	if isErased(clusters[0]) || isErased(clusters[1]) {
		return errErasedValue
	}
	_, err = correct(ctx, l, false, separating{values: values, reason: reason})
	return err
}

type separating struct {
	contact, other uint64                 // the smaller id first
	values         []identity.Observation // two that name the contacts instead
	reason         string
}

func (s separating) find(ctx context.Context, q *store.Queries) ([]uint64, error) {
	if s.values != nil {
		return holders(ctx, q, s.values)
	}
	return []uint64{s.contact, s.other}, nil
}

// contacts returns the two contacts, the one with the smaller id first.
func (s separating) contacts(g *graph) (a, b *contact, err error) {
	a, b = g.byID[s.contact], g.byID[s.other]
	if s.values != nil {
		a, b = g.holder(s.values[0]), g.holder(s.values[1])
	}
	switch {
	case a == nil || b == nil:
		return nil, nil, mysql.ErrRetry
	case a == b:
		return nil, nil, errOneContact
	case a.cluster == b.cluster:
		return nil, nil, conflict("Contacts %d and %d are one customer. Retract an observation that links them first.", a.id, b.id)
	case a.id > b.id:
		a, b = b, a
	}
	return a, b, nil
}

func (s separating) apply(ctx context.Context, c *lockedClusters) (Separation, error) {
	g, err := c.graph(ctx)
	if err != nil {
		return Separation{}, err
	}
	a, b, err := s.contacts(g)
	if err != nil {
		return Separation{}, err
	}
	made := Separation{ContactID: a.id, OtherID: b.id, Change: Change{Before: g.render()}}
	made.After = made.Before
	existing, err := c.q.FindSeparationOf(ctx, store.FindSeparationOfParams{SmallerID: a.id, LargerID: b.id})
	made.ID = existing.ID
	isNew := errors.Is(err, sql.ErrNoRows)
	if err != nil && !isNew || c.dryRun || !isNew && s.values != nil {
		return made, ignoreNoRows(err)
	}
	id, err := c.q.InsertSeparation(ctx, store.InsertSeparationParams{ContactID: a.id, OtherContactID: b.id, Reason: s.reason})
	if err != nil || !isNew {
		return made, err
	}
	made.ID = uint64(id) //nolint:gosec // an id is not negative
	return made, markSeparated(ctx, c.q, separationEvents(identity.EventSeparated, a, b))
}

// ignoreNoRows is nil where a row may be missing.
func ignoreNoRows(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	return err
}

// Unseparate deletes a separation. Observations between the two clusters that were withheld only because
// of it link again, in the order of their ids. An unknown id is CodeNotFound.
func (l *Linker) Unseparate(ctx context.Context, id uint64, dryRun bool) (Change, error) {
	return correct(ctx, l, dryRun, unseparating{id})
}

type unseparating struct{ id uint64 }

func (u unseparating) find(ctx context.Context, q *store.Queries) ([]uint64, error) {
	s, err := findSeparation(ctx, q, u.id)
	return []uint64{s.ContactID, s.OtherContactID}, err
}

func (u unseparating) apply(ctx context.Context, c *lockedClusters) (Change, error) {
	s, err := findSeparation(ctx, c.q, u.id)
	if err != nil {
		return Change{}, err
	}
	g, err := c.graph(ctx)
	if err != nil {
		return Change{}, err
	}
	change := Change{Before: g.render()}
	events := separationEvents(identity.EventUnseparated, g.byID[s.ContactID], g.byID[s.OtherContactID])
	p, err := u.plan(ctx, c, g, s)
	if err != nil {
		return Change{}, err
	}
	if c.dryRun {
		p.resolve()
		change.After = g.render()
		return change, nil
	}
	if err := c.q.DeleteSeparation(ctx, u.id); err != nil {
		return Change{}, err
	}
	if err := markSeparated(ctx, c.q, events); err != nil {
		return Change{}, err
	}
	if err := p.write(ctx, c.q); err != nil {
		return Change{}, err
	}
	change.After = g.render()
	return change, nil
}

// plan links what the other separations and the policy do not forbid.
func (u unseparating) plan(ctx context.Context, c *lockedClusters, g *graph, s store.Separation) (*plan, error) {
	if err := c.linker.readRules(ctx, c.q, g, g.ids()); err != nil {
		return nil, err
	}
	g.separations = slices.DeleteFunc(g.separations, func(among store.ListSeparationsFromRow) bool {
		return among.ContactID == s.ContactID && among.OtherContactID == s.OtherContactID
	})
	rows, err := store.InChunks(g.ids(), func(ids []uint64) ([]store.ListWithheldOfEmailsRow, error) {
		return c.q.ListWithheldOfEmails(ctx, store.ListWithheldOfEmailsParams{
			EmailContactIds: ids, Withheld: withheldAs(identity.ReasonSeparated),
		})
	})
	if err != nil {
		return nil, err
	}
	var withheld []observed
	for _, r := range rows {
		if g.byID[r.PhoneContactID] != nil {
			withheld = append(withheld, observed{r.ID, r.EmailContactID, r.PhoneContactID})
		}
	}
	slices.SortFunc(withheld, func(a, b observed) int { return cmp.Compare(a.id, b.id) })
	p := newPlan(g, c.linker.policy, nil)
	p.decideAgain(withheld)
	return p, nil
}

func withheldAs(reason identity.Reason) store.NullObservationsWithheld {
	return store.NullObservationsWithheld{ObservationsWithheld: store.ObservationsWithheld(reason), Valid: true}
}

func findSeparation(ctx context.Context, q *store.Queries, id uint64) (store.Separation, error) {
	s, err := q.FindSeparation(ctx, id)
	if errors.Is(err, sql.ErrNoRows) {
		err = notFound("There is no separation %d.", id)
	}
	return s, err
}

// separationEvents returns an event for each of two contacts, with the primaries that they have now.
func separationEvents(kind identity.EventKind, a, b *contact) []event {
	return []event{{kind, a, a.cluster.root, 0}, {kind, b, b.cluster.root, 0}}
}

// markSeparated updates the marks of two contacts and writes their events.
func markSeparated(ctx context.Context, q *store.Queries, events []event) error {
	if err := q.MarkSeparated(ctx, []uint64{events[0].contact.id, events[1].contact.id}); err != nil {
		return err
	}
	return writeEvents(ctx, q, events)
}
