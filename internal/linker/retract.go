package linker

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

// Retract declares that the e-mail address and the phone number of an observation do not belong
// together. The observation is kept, and stays retracted when it is seen again. The cluster becomes what
// the other observations say; each part goes under its oldest contact.
//
// A contact that holds both values is divided: a new contact, as old, takes over one of them with its
// other observations. The e-mail address keeps the id, unless the phone number has more than 1,000
// observations and the e-mail address has not.
//
// Retracting again changes nothing. An unknown id is CodeNotFound.
func (l *Linker) Retract(ctx context.Context, observation uint64, dryRun bool) (Change, error) {
	return correct(ctx, l, dryRun, retraction{observation})
}

type retraction struct{ observation uint64 }

func (r retraction) find(ctx context.Context, q *store.Queries) ([]uint64, error) {
	return endsOf(ctx, q, r.observation)
}

func (r retraction) apply(ctx context.Context, c *lockedClusters) (Change, error) {
	g, err := c.graph(ctx)
	if err != nil {
		return Change{}, err
	}
	o, err := findObservation(ctx, c.q, r.observation)
	if err != nil {
		return Change{}, err
	}
	e := g.byID[o.EmailContactID]
	if e == nil || g.byID[o.PhoneContactID] == nil {
		return Change{}, mysql.ErrRetry
	}
	change := Change{Before: g.render()}
	if o.Withheld == identity.ReasonRetracted {
		change.After = change.Before
		return change, nil
	}
	rev, err := r.revise(ctx, c.q, g, o, e)
	if err != nil {
		return Change{}, err
	}
	if !c.dryRun {
		err = r.write(ctx, c.q, rev)
	}
	change.After = g.render()
	return change, err
}

func (r retraction) write(ctx context.Context, q *store.Queries, rev *revision) error {
	if err := q.RetractObservation(ctx, r.observation); err != nil {
		return err
	}
	if err := q.DeleteRefusalOf(ctx, r.observation); err != nil {
		return err
	}
	return rev.write(ctx, q)
}

// revise takes the observation out of the evidence.
func (r retraction) revise(ctx context.Context, q *store.Queries, g *graph, o store.FoundObservation, e *contact) (*revision, error) {
	rev, err := revise(ctx, q, g)
	if err != nil {
		return nil, err
	}
	rev.addEvent(identity.EventRetracted, e, e.cluster.root, o.ID)
	rev.drop(func(e edge) bool { return e.id == o.ID })
	if o.EmailContactID == o.PhoneContactID {
		if err := rev.divide(ctx, q, e, o.ID); err != nil {
			return nil, err
		}
	}
	rev.regroup()
	return rev, nil
}

func findObservation(ctx context.Context, q *store.Queries, id uint64) (store.FoundObservation, error) {
	o, err := q.FindObservation(ctx, id)
	if errors.Is(err, sql.ErrNoRows) {
		return store.FoundObservation{}, notFound("There is no observation %d.", id)
	}
	return store.FoundObservation{ID: o.ID, SeenPair: store.SeenPair{
		Pair:     store.Pair{EmailContactID: o.EmailContactID, PhoneContactID: o.PhoneContactID},
		SeenAt:   o.FirstSeenAt,
		Withheld: identity.Reason(o.Withheld.ObservationsWithheld),
	}}, err
}

func conflict(format string, args ...any) error {
	return &identity.Error{Code: identity.CodeConflict, Detail: fmt.Sprintf(format, args...)}
}

func notFound(format string, args ...any) error {
	return &identity.Error{Code: identity.CodeNotFound, Detail: fmt.Sprintf(format, args...)}
}
